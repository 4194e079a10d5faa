import type { Migration } from './migration.ts'

export const secondFactors: Migration = {
  version: 7,
  title: 'second factors',
  sql: `
    CREATE TABLE cs_totp (
      user_id TEXT PRIMARY KEY REFERENCES cs_users (id) ON DELETE CASCADE,
      sealed TEXT NOT NULL,
      -- The latest step whose code was used: it and those before are spent.
      last_step INTEGER NOT NULL,
      added_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE cs_passkeys (
      user_id TEXT NOT NULL REFERENCES cs_users (id) ON DELETE CASCADE,
      id TEXT NOT NULL,
      name TEXT NOT NULL,
      credential_id TEXT NOT NULL UNIQUE,
      public_key TEXT NOT NULL,
      counter INTEGER NOT NULL,
      transports TEXT NOT NULL,
      synced INTEGER NOT NULL,
      added_at INTEGER NOT NULL,
      used_at INTEGER,
      PRIMARY KEY (user_id, id)
    ) STRICT;

    CREATE TABLE cs_recovery_codes (
      user_id TEXT NOT NULL REFERENCES cs_users (id) ON DELETE CASCADE,
      hash TEXT NOT NULL,
      -- Codes of an older epoch are void: a backup does not know which were spent since.
      store_epoch INTEGER NOT NULL,
      PRIMARY KEY (user_id, hash)
    ) STRICT, WITHOUT ROWID;

    ALTER TABLE cs_one_time ADD COLUMN tries INTEGER NOT NULL DEFAULT 1;
  `,
}
