import type { Migration } from './migration.ts'

export const deviceCodes: Migration = {
  version: 10,
  title: 'device codes',
  sql: `
    CREATE TABLE cs_device_codes (
      hash TEXT PRIMARY KEY,
      user_code_hash TEXT NOT NULL UNIQUE,
      client_id TEXT NOT NULL,
      -- JSON list as asked; null: nothing was asked.
      scope TEXT,
      resources TEXT NOT NULL,
      -- Where the device is, as far as its request told.
      address TEXT,
      agent TEXT,
      asked_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL,
      interval_milliseconds INTEGER NOT NULL,
      polled_at INTEGER,
      state TEXT NOT NULL,
      -- What was allowed, by whom, and how and when they had signed in.
      user_id TEXT REFERENCES cs_users (id) ON DELETE CASCADE,
      user_epoch INTEGER,
      granted TEXT,
      amr TEXT,
      authenticated_at INTEGER,
      made_session_id TEXT,
      used_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX cs_device_codes_by_end ON cs_device_codes (ends_at);
    CREATE INDEX cs_device_codes_by_user ON cs_device_codes (user_id) WHERE user_id IS NOT NULL;
  `,
}
