import { commitToDisk } from './commit-to-disk.ts'
import type { Migration } from './migration.ts'

export const secondFactors: Migration = {
  version: 7,
  title: 'second factors',
  sql: `
    CREATE TABLE countersign.totp (
      user_id uuid PRIMARY KEY REFERENCES countersign.users ON DELETE CASCADE,
      sealed text NOT NULL,
      -- The latest step whose code was used: it and those before are spent.
      last_step bigint NOT NULL,
      added_at timestamptz NOT NULL
    );

    CREATE TABLE countersign.passkeys (
      user_id uuid NOT NULL REFERENCES countersign.users ON DELETE CASCADE,
      id uuid NOT NULL,
      name text NOT NULL,
      credential_id text NOT NULL UNIQUE,
      public_key text NOT NULL,
      counter bigint NOT NULL,
      transports text[] NOT NULL,
      synced boolean NOT NULL,
      added_at timestamptz NOT NULL,
      used_at timestamptz,
      PRIMARY KEY (user_id, id)
    );

    CREATE TABLE countersign.recovery_codes (
      user_id uuid NOT NULL REFERENCES countersign.users ON DELETE CASCADE,
      hash text NOT NULL,
      -- Codes of an older epoch are void: a backup does not know which were spent since.
      store_epoch bigint NOT NULL,
      PRIMARY KEY (user_id, hash)
    );

    ${['totp', 'passkeys', 'recovery_codes'].map(commitToDisk).join('\n    ')}
  `,
}
