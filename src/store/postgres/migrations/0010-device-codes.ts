import { commitToDisk } from './commit-to-disk.ts'
import type { Migration } from './migration.ts'

export const deviceCodes: Migration = {
  version: 10,
  title: 'device codes',
  sql: `
    CREATE TABLE countersign.device_codes (
      hash text PRIMARY KEY,
      user_code_hash text NOT NULL UNIQUE,
      client_id text NOT NULL,
      -- Null: nothing was asked.
      scope text[],
      resources text[] NOT NULL,
      -- Where the device is, as far as its request told.
      address text,
      agent text,
      asked_at timestamptz NOT NULL,
      ends_at timestamptz NOT NULL,
      interval_milliseconds bigint NOT NULL,
      polled_at timestamptz,
      state text NOT NULL,
      -- What was allowed, by whom, and how and when they had signed in.
      user_id uuid,
      user_epoch bigint,
      granted text[],
      amr text[],
      authenticated_at timestamptz,
      made_session_id uuid,
      used_at timestamptz
    );
    CREATE INDEX device_codes_by_end ON countersign.device_codes (ends_at);
    CREATE INDEX device_codes_by_user ON countersign.device_codes (user_id) WHERE user_id IS NOT NULL;
    ${commitToDisk('device_codes')}
  `,
}
