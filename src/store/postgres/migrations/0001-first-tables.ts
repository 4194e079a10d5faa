import { commitToDisk } from './commit-to-disk.ts'
import type { Migration } from './migration.ts'

/** Tables in which a confirmed change must be on disk, whatever the database's or the application's default is. */
const DURABLE = ['users', 'sessions', 'clients', 'keys', 'revocations', 'one_time', 'events']

/**
 * The user id stands first in the key of a session, so that sessions can be partitioned or sharded by user. A row of
 * `sessions` is as wide as it will ever be, and no index holds a column that every refresh changes: refreshing
 * rewrites the row in its own page.
 */
export const firstTables: Migration = {
  version: 1,
  title: 'the first tables',
  sql: `
    CREATE TABLE countersign.store (
      only_row integer PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      epoch bigint NOT NULL DEFAULT 0,
      ring_version bigint NOT NULL DEFAULT 0
    );
    INSERT INTO countersign.store DEFAULT VALUES;

    CREATE TABLE countersign.users (
      id uuid PRIMARY KEY,
      email text NOT NULL,
      email_key text NOT NULL UNIQUE,
      email_verified boolean NOT NULL,
      username text,
      username_key text UNIQUE,
      password_hash text,
      roles text[] NOT NULL,
      state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
      ver bigint NOT NULL DEFAULT 0,
      epoch bigint NOT NULL DEFAULT 0,
      -- Not jsonb, which refuses a string with the character U+0000 in it and would make a bad request a failure.
      profile json NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL
    );
    CREATE INDEX users_by_age ON countersign.users (created_at, id);

    CREATE TABLE countersign.clients (
      id text PRIMARY KEY,
      name text NOT NULL,
      ver bigint NOT NULL DEFAULT 0,
      state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'removed')),
      grants text[] NOT NULL
    );
    INSERT INTO countersign.clients (id, name, grants)
      VALUES ('first-party', 'First party', '{password,refresh_token}');

    CREATE TABLE countersign.sessions (
      user_id uuid NOT NULL REFERENCES countersign.users ON DELETE CASCADE,
      id uuid NOT NULL,
      client_id text NOT NULL,
      secret_hash text NOT NULL,
      key_id text NOT NULL,
      generation bigint NOT NULL DEFAULT 0,
      attempt text,
      turned_at timestamptz NOT NULL,
      mark_generation bigint NOT NULL DEFAULT 0,
      mark_at timestamptz NOT NULL,
      previous_generation bigint NOT NULL DEFAULT 0,
      previous_at timestamptz NOT NULL,
      user_epoch bigint NOT NULL,
      store_epoch bigint NOT NULL,
      scope text[] NOT NULL,
      resources text[] NOT NULL,
      amr text[] NOT NULL,
      started_at timestamptz NOT NULL,
      idle_at timestamptz NOT NULL,
      ends_at timestamptz NOT NULL,
      -- The day of the earlier limit: changes once a day where the limit itself would leave its index at every refresh.
      last_day date NOT NULL,
      ended_at timestamptz,
      ended_why text,
      address text,
      network text,
      agent text,
      PRIMARY KEY (user_id, id)
    ) WITH (fillfactor = 75);
    CREATE INDEX sessions_by_id ON countersign.sessions (id);
    CREATE INDEX sessions_by_last_day ON countersign.sessions (last_day);
    CREATE INDEX sessions_by_end ON countersign.sessions (ended_at) WHERE ended_at IS NOT NULL;

    CREATE TABLE countersign.keys (
      kid text PRIMARY KEY,
      algorithm text NOT NULL,
      phase text NOT NULL CHECK (phase IN ('next', 'active', 'retiring', 'revoked')),
      public_jwk json,
      sealed text NOT NULL,
      created_at timestamptz NOT NULL,
      phase_at timestamptz NOT NULL
    );

    -- Found by the transaction that wrote them, for neither a time nor a sequence is in the order of commits.
    CREATE TABLE countersign.revocations (
      kind text NOT NULL,
      ref text NOT NULL,
      least bigint,
      session_id uuid,
      written_by xid8 NOT NULL DEFAULT pg_current_xact_id(),
      ends_at timestamptz NOT NULL,
      PRIMARY KEY (kind, ref)
    );
    CREATE INDEX revocations_by_transaction ON countersign.revocations (written_by);
    CREATE INDEX revocations_by_session ON countersign.revocations (session_id, ends_at)
      WHERE session_id IS NOT NULL;
    CREATE INDEX revocations_by_end ON countersign.revocations (ends_at);

    CREATE TABLE countersign.nodes (
      id text PRIMARY KEY,
      secret_keys text[] NOT NULL,
      ring_version bigint NOT NULL,
      access_life_seconds integer NOT NULL,
      seen_at timestamptz NOT NULL
    );

    -- Apart from the nodes, for tokens outlive the node and the setting they were made under.
    CREATE TABLE countersign.access_lives (
      seconds integer PRIMARY KEY,
      seen_at timestamptz NOT NULL
    );

    CREATE TABLE countersign.one_time (
      kind text NOT NULL,
      hash text NOT NULL,
      taken_at timestamptz NOT NULL,
      ends_at timestamptz NOT NULL,
      tries bigint NOT NULL DEFAULT 1,
      PRIMARY KEY (kind, hash)
    );
    CREATE INDEX one_time_by_end ON countersign.one_time (ends_at);

    CREATE TABLE countersign.events (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
      at timestamptz NOT NULL,
      name text NOT NULL,
      user_id uuid,
      session_id uuid,
      client_id text,
      actor_kind text NOT NULL,
      actor_id text,
      address text,
      agent text,
      reference text,
      data json
    );
    CREATE INDEX events_by_user ON countersign.events (user_id, at, number) WHERE user_id IS NOT NULL;
    CREATE INDEX events_by_name ON countersign.events (name, at, number);
    CREATE INDEX events_by_time ON countersign.events (at, number);

    -- In the schema, so that no writer can forget it, the application's own transactions included.
    CREATE FUNCTION countersign.commit_to_disk() RETURNS trigger LANGUAGE plpgsql AS $body$
      BEGIN
        PERFORM set_config('synchronous_commit', 'on', true);
        RETURN NULL;
      END
    $body$;
    ${DURABLE.map(commitToDisk).join('\n    ')}
  `,
}
