import type { Migration } from './migration.ts'

/** What a key is for, since when everybody publishes it, and its last phase; what a node signs with. */
export const livesOfKeys: Migration = {
  version: 3,
  title: 'the lives of signing keys',
  sql: `
    ALTER TABLE countersign.keys
      ADD COLUMN use text NOT NULL DEFAULT 'access' CHECK (use IN ('access', 'id')),
      ADD COLUMN published_at timestamptz,
      DROP CONSTRAINT keys_phase_check,
      ADD CONSTRAINT keys_phase_check CHECK (phase IN ('next', 'active', 'retiring', 'gone', 'revoked'));
    ALTER TABLE countersign.nodes
      ADD COLUMN algorithm text NOT NULL DEFAULT 'ES256',
      ADD COLUMN signing_secrets text[] NOT NULL DEFAULT '{}';
  `,
}
