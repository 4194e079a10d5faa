import type { Migration } from './migration.ts'

export const apiKeys: Migration = {
  version: 4,
  title: 'API keys',
  sql: `
    CREATE TABLE cs_api_keys (
      user_id TEXT NOT NULL REFERENCES cs_users (id) ON DELETE CASCADE,
      id TEXT NOT NULL,
      hash TEXT NOT NULL,
      name TEXT NOT NULL,
      scopes TEXT NOT NULL,
      store_epoch INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      used_at INTEGER,
      -- A revoked key ends when it is revoked.
      ends_at INTEGER NOT NULL,
      PRIMARY KEY (user_id, id)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX cs_api_keys_by_hash ON cs_api_keys (user_id, hash);
    CREATE INDEX cs_api_keys_by_end ON cs_api_keys (ends_at);
  `,
}
