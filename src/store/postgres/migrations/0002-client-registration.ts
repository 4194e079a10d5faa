import type { Migration } from './migration.ts'

/** The defaults are for the clients that are there already: built in, public, and older than any other. */
export const clientRegistration: Migration = {
  version: 2,
  title: 'registration of clients',
  sql: `
    ALTER TABLE countersign.clients DROP CONSTRAINT clients_state_check;
    -- A removed client keeps its row, so that nobody else is ever given its id.
    ALTER TABLE countersign.clients
      ADD CONSTRAINT clients_state_check CHECK (state IN ('active', 'disabled', 'removed')),
      ADD COLUMN scopes text[],
      ADD COLUMN redirect_uris text[] NOT NULL DEFAULT '{}',
      ADD COLUMN auth_method text NOT NULL DEFAULT 'none',
      ADD COLUMN require_pkce boolean NOT NULL DEFAULT true,
      ADD COLUMN keys json NOT NULL DEFAULT '[]',
      ADD COLUMN secrets json NOT NULL DEFAULT '[]',
      ADD COLUMN created_at timestamptz NOT NULL DEFAULT to_timestamp(0),
      ADD COLUMN updated_at timestamptz NOT NULL DEFAULT to_timestamp(0);
    CREATE INDEX clients_by_age ON countersign.clients (created_at, id);
  `,
}
