import type { Migration } from './migration.ts'

/** Scopes and roles beside those of the configuration. */
export const permissions: Migration = {
  version: 11,
  title: 'scopes and roles',
  sql: `
    CREATE TABLE countersign.scopes (
      name text PRIMARY KEY,
      sentence text NOT NULL
    );

    CREATE TABLE countersign.roles (
      name text PRIMARY KEY,
      description text,
      scopes text[] NOT NULL
    );
  `,
}
