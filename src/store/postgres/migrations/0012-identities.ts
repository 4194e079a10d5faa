import { commitToDisk } from './commit-to-disk.ts'
import type { Migration } from './migration.ts'

export const identities: Migration = {
  version: 12,
  title: 'accounts elsewhere',
  sql: `
    CREATE TABLE countersign.identities (
      user_id uuid NOT NULL REFERENCES countersign.users ON DELETE CASCADE,
      id uuid NOT NULL,
      provider text NOT NULL,
      issuer text NOT NULL,
      subject text NOT NULL,
      email text,
      added_at timestamptz NOT NULL,
      -- Of the provider, encrypted; and until when somebody is about to exchange them.
      tokens text,
      claimed_until timestamptz,
      PRIMARY KEY (user_id, id)
    );
    CREATE UNIQUE INDEX identities_by_subject ON countersign.identities (issuer, subject);

    ${commitToDisk('identities')}
  `,
}
