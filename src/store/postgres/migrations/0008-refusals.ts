import type { Migration } from './migration.ts'

export const refusals: Migration = {
  version: 8,
  title: 'refusals',
  sql: `
    CREATE TABLE countersign.refusals (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      reference text NOT NULL,
      at timestamptz NOT NULL,
      code text NOT NULL,
      node text NOT NULL,
      facts json NOT NULL
    );
    CREATE INDEX refusals_by_reference ON countersign.refusals (reference);
    CREATE INDEX refusals_by_time ON countersign.refusals (at);
    CREATE TABLE countersign.refusal_counts (
      at timestamptz NOT NULL,
      code text NOT NULL,
      node text NOT NULL,
      count bigint NOT NULL,
      PRIMARY KEY (at, code, node)
    );
  `,
}
