import { commitToDisk } from './commit-to-disk.ts'
import type { Migration } from './migration.ts'

export const codesAndConsents: Migration = {
  version: 6,
  title: 'authorization codes and consents',
  sql: `
    -- When the user proved who they are, where that was before the session began.
    ALTER TABLE countersign.sessions ADD COLUMN authenticated_at timestamptz;

    ALTER TABLE countersign.clients
      ADD COLUMN skip_consent boolean NOT NULL DEFAULT false,
      ADD COLUMN post_logout_redirect_uris text[] NOT NULL DEFAULT '{}';

    CREATE TABLE countersign.codes (
      user_id uuid NOT NULL,
      hash text NOT NULL,
      client_id text NOT NULL,
      -- The browser's session, and the one that the code was used for.
      session_id uuid NOT NULL,
      made_session_id uuid,
      user_epoch bigint NOT NULL,
      redirect_uri text NOT NULL,
      challenge text,
      scope text[] NOT NULL,
      resources text[] NOT NULL,
      nonce text,
      amr text[] NOT NULL,
      authenticated_at timestamptz NOT NULL,
      ends_at timestamptz NOT NULL,
      PRIMARY KEY (user_id, hash)
    );
    CREATE INDEX codes_by_end ON countersign.codes (ends_at);

    CREATE TABLE countersign.consents (
      user_id uuid NOT NULL,
      client_id text NOT NULL,
      scopes text[] NOT NULL,
      store_epoch bigint NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (user_id, client_id)
    );
    ${['codes', 'consents'].map(commitToDisk).join('\n    ')}
  `,
}
