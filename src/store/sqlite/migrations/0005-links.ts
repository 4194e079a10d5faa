import type { Migration } from './migration.ts'

export const links: Migration = {
  version: 5,
  title: 'mailed links',
  sql: `
    CREATE TABLE cs_links (
      -- Of the account, or of the account to be.
      user_id TEXT NOT NULL,
      hash TEXT NOT NULL,
      purpose TEXT NOT NULL,
      email TEXT NOT NULL,
      email_key TEXT NOT NULL,
      -- Of the account when the link was made; null where there is no account yet.
      user_epoch INTEGER,
      facts TEXT NOT NULL,
      ends_at INTEGER NOT NULL,
      PRIMARY KEY (user_id, hash)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX cs_links_by_email ON cs_links (email_key, purpose, ends_at);
    CREATE INDEX cs_links_by_end ON cs_links (ends_at);
  `,
}
