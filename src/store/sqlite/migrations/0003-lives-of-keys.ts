import type { Migration } from './migration.ts'

/**
 * What a key is for, since when everybody publishes it, and its last phase; what a node signs with. A condition of a
 * column cannot be changed in place, so the keys move to a new table.
 */
export const livesOfKeys: Migration = {
  version: 3,
  title: 'the lives of signing keys',
  sql: `
    CREATE TABLE cs_keys_3 (
      kid TEXT PRIMARY KEY,
      use TEXT NOT NULL CHECK (use IN ('access', 'id')),
      algorithm TEXT NOT NULL,
      phase TEXT NOT NULL CHECK (phase IN ('next', 'active', 'retiring', 'gone', 'revoked')),
      public_jwk TEXT,
      sealed TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      phase_at INTEGER NOT NULL,
      published_at INTEGER
    ) STRICT;
    INSERT INTO cs_keys_3 (kid, use, algorithm, phase, public_jwk, sealed, created_at, phase_at)
      SELECT kid, 'access', algorithm, phase, public_jwk, sealed, created_at, phase_at FROM cs_keys;
    DROP TABLE cs_keys;
    ALTER TABLE cs_keys_3 RENAME TO cs_keys;

    ALTER TABLE cs_nodes ADD COLUMN algorithm TEXT NOT NULL DEFAULT 'ES256';
    ALTER TABLE cs_nodes ADD COLUMN signing_secrets TEXT NOT NULL DEFAULT '[]';
  `,
}
