import type { Migration } from './migration.ts'

export const refusals: Migration = {
  version: 8,
  title: 'refusals',
  sql: `
    CREATE TABLE cs_refusals (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      reference TEXT NOT NULL,
      at INTEGER NOT NULL,
      code TEXT NOT NULL,
      node TEXT NOT NULL,
      facts TEXT NOT NULL
    ) STRICT;
    CREATE INDEX cs_refusals_by_reference ON cs_refusals (reference);
    CREATE INDEX cs_refusals_by_time ON cs_refusals (at);
    CREATE TABLE cs_refusal_counts (
      at INTEGER NOT NULL,
      code TEXT NOT NULL,
      node TEXT NOT NULL,
      count INTEGER NOT NULL,
      PRIMARY KEY (at, code, node)
    ) STRICT, WITHOUT ROWID;
  `,
}
