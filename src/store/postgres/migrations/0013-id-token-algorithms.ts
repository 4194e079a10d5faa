import type { Migration } from './migration.ts'

export const idTokenAlgorithms: Migration = {
  version: 13,
  title: 'what ID tokens are signed with, for each client',
  sql: `
    ALTER TABLE countersign.clients ADD COLUMN id_token_algorithm text NOT NULL DEFAULT 'RS256';
  `,
}
