import type { Migration } from './migration.ts'

export const links: Migration = {
  version: 5,
  title: 'mailed links',
  sql: `
    CREATE TABLE countersign.links (
      -- Of the account, or of the account to be.
      user_id uuid NOT NULL,
      hash text NOT NULL,
      purpose text NOT NULL,
      email text NOT NULL,
      email_key text NOT NULL,
      -- Of the account when the link was made; null where there is no account yet.
      user_epoch bigint,
      facts json NOT NULL,
      ends_at timestamptz NOT NULL,
      PRIMARY KEY (user_id, hash)
    );
    CREATE INDEX links_by_email ON countersign.links (email_key, purpose, ends_at);
    CREATE INDEX links_by_end ON countersign.links (ends_at);
  `,
}
