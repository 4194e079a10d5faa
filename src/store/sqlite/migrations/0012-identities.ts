import type { Migration } from './migration.ts'

export const identities: Migration = {
  version: 12,
  title: 'accounts elsewhere',
  sql: `
    CREATE TABLE cs_identities (
      user_id TEXT NOT NULL REFERENCES cs_users (id) ON DELETE CASCADE,
      id TEXT NOT NULL,
      provider TEXT NOT NULL,
      issuer TEXT NOT NULL,
      subject TEXT NOT NULL,
      email TEXT,
      added_at INTEGER NOT NULL,
      -- Of the provider, encrypted; and until when somebody is about to exchange them.
      tokens TEXT,
      claimed_until INTEGER,
      PRIMARY KEY (user_id, id)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX cs_identities_by_subject ON cs_identities (issuer, subject);
  `,
}
