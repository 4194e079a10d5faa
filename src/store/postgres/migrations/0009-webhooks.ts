import type { Migration } from './migration.ts'

export const webhooks: Migration = {
  version: 9,
  title: 'webhooks',
  sql: `
    CREATE TABLE countersign.webhooks (
      url text PRIMARY KEY,
      -- All where null.
      events text[]
    );

    CREATE TABLE countersign.webhook_deliveries (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      url text NOT NULL REFERENCES countersign.webhooks (url) ON DELETE CASCADE,
      event_id uuid NOT NULL,
      tries integer NOT NULL,
      dead boolean NOT NULL,
      why text,
      next_at timestamptz NOT NULL
    );
    CREATE INDEX webhook_deliveries_by_time ON countersign.webhook_deliveries (dead, next_at);
    CREATE INDEX webhook_deliveries_by_url ON countersign.webhook_deliveries (url);

    -- In the transaction of the event, whatever wrote it.
    CREATE FUNCTION countersign.events_to_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO countersign.webhook_deliveries (url, event_id, tries, dead, next_at)
      SELECT w.url, NEW.id, 0, false, NEW.at FROM countersign.webhooks w
      WHERE w.events IS NULL OR NEW.name = ANY (w.events);
      RETURN NULL;
    END $$;
    CREATE TRIGGER events_to_webhooks AFTER INSERT ON countersign.events FOR EACH ROW
      WHEN (NEW.name NOT LIKE 'webhook.%') EXECUTE FUNCTION countersign.events_to_webhooks();
  `,
}
