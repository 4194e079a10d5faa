import type { Migration } from './migration.ts'

/**
 * A new table in place of the old one, for SQLite cannot change a CHECK. Nothing refers to it by a foreign key. The
 * clients that are there already are built in: public, and older than any other.
 */
export const clientRegistration: Migration = {
  version: 2,
  title: 'registration of clients',
  sql: `
    ALTER TABLE cs_clients RENAME TO cs_clients_before;
    CREATE TABLE cs_clients (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      ver INTEGER NOT NULL,
      -- A removed client keeps its row, so that nobody else is ever given its id.
      state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'removed')),
      grants TEXT NOT NULL,
      scopes TEXT,
      redirect_uris TEXT NOT NULL,
      auth_method TEXT NOT NULL,
      require_pkce INTEGER NOT NULL,
      keys TEXT NOT NULL,
      secrets TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT;
    INSERT INTO cs_clients
      SELECT id, name, ver, state, grants, NULL, '[]', 'none', 1, '[]', '[]',
        0, 0
      FROM cs_clients_before;
    DROP TABLE cs_clients_before;
    CREATE INDEX cs_clients_by_age ON cs_clients (created_at, id);
  `,
}
