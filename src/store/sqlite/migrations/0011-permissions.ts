import type { Migration } from './migration.ts'

/** Scopes and roles beside those of the configuration. */
export const permissions: Migration = {
  version: 11,
  title: 'scopes and roles',
  sql: `
    CREATE TABLE cs_scopes (
      name TEXT PRIMARY KEY,
      sentence TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE cs_roles (
      name TEXT PRIMARY KEY,
      description TEXT,
      scopes TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
}
