import type { Migration } from './migration.ts'

export const apiKeys: Migration = {
  version: 4,
  title: 'API keys',
  sql: `
    CREATE TABLE countersign.api_keys (
      user_id uuid NOT NULL,
      id uuid NOT NULL,
      hash text NOT NULL,
      name text NOT NULL,
      scopes text[] NOT NULL,
      store_epoch bigint NOT NULL,
      created_at timestamptz NOT NULL,
      used_at timestamptz,
      -- A revoked key ends when it is revoked.
      ends_at timestamptz NOT NULL,
      PRIMARY KEY (user_id, id)
    );
    CREATE UNIQUE INDEX api_keys_by_hash ON countersign.api_keys (user_id, hash);
    CREATE INDEX api_keys_by_end ON countersign.api_keys (ends_at);
  `,
}
