import type { Migration } from './migration.ts'

export const idTokenAlgorithms: Migration = {
  version: 13,
  title: 'what ID tokens are signed with, for each client',
  sql: `
    ALTER TABLE cs_clients ADD COLUMN id_token_algorithm TEXT NOT NULL DEFAULT 'RS256';
  `,
}
