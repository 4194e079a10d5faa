import type { Migration } from './migration.ts'

export const webhooks: Migration = {
  version: 9,
  title: 'webhooks',
  sql: `
    CREATE TABLE cs_webhooks (
      url TEXT PRIMARY KEY,
      -- JSON list of names; null: all.
      events TEXT
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE cs_webhook_deliveries (
      id TEXT PRIMARY KEY,
      url TEXT NOT NULL REFERENCES cs_webhooks (url) ON DELETE CASCADE,
      event_id TEXT NOT NULL,
      tries INTEGER NOT NULL,
      dead INTEGER NOT NULL,
      why TEXT,
      next_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX cs_webhook_deliveries_by_time ON cs_webhook_deliveries (dead, next_at);
    CREATE INDEX cs_webhook_deliveries_by_url ON cs_webhook_deliveries (url);

    -- In the transaction of the event, whatever wrote it.
    CREATE TRIGGER cs_events_to_webhooks AFTER INSERT ON cs_events WHEN NEW.name NOT GLOB 'webhook.*' BEGIN
      INSERT INTO cs_webhook_deliveries (id, url, event_id, tries, dead, next_at)
      SELECT lower(hex(randomblob(16))), url, NEW.id, 0, 0, NEW.at FROM cs_webhooks
      WHERE events IS NULL OR EXISTS (SELECT 1 FROM json_each(events) WHERE value = NEW.name);
    END;
  `,
}
