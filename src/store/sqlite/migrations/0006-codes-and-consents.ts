import type { Migration } from './migration.ts'

export const codesAndConsents: Migration = {
  version: 6,
  title: 'authorization codes and consents',
  sql: `
    -- When the user proved who they are, where that was before the session began.
    ALTER TABLE cs_sessions ADD COLUMN authenticated_at INTEGER;

    ALTER TABLE cs_clients ADD COLUMN skip_consent INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE cs_clients ADD COLUMN post_logout_redirect_uris TEXT NOT NULL DEFAULT '[]';

    CREATE TABLE cs_codes (
      user_id TEXT NOT NULL REFERENCES cs_users (id) ON DELETE CASCADE,
      hash TEXT NOT NULL,
      client_id TEXT NOT NULL,
      -- The browser's session, and the one that the code was used for.
      session_id TEXT NOT NULL,
      made_session_id TEXT,
      user_epoch INTEGER NOT NULL,
      redirect_uri TEXT NOT NULL,
      challenge TEXT,
      scope TEXT NOT NULL,
      resources TEXT NOT NULL,
      nonce TEXT,
      amr TEXT NOT NULL,
      authenticated_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL,
      PRIMARY KEY (user_id, hash)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX cs_codes_by_end ON cs_codes (ends_at);

    CREATE TABLE cs_consents (
      user_id TEXT NOT NULL REFERENCES cs_users (id) ON DELETE CASCADE,
      client_id TEXT NOT NULL,
      scopes TEXT NOT NULL,
      store_epoch INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (user_id, client_id)
    ) STRICT, WITHOUT ROWID;
  `,
}
