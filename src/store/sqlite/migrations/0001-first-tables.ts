import type { Migration } from './migration.ts'

/**
 * Times are milliseconds since 1970. Lists and open-ended members are JSON text. A row of `cs_sessions` is as wide as
 * it will ever be: refreshing changes it in place, whatever happens.
 */
export const firstTables: Migration = {
  version: 1,
  title: 'the first tables',
  sql: `
    CREATE TABLE cs_store (
      only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
      id TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      ring_version INTEGER NOT NULL
    ) STRICT;
    INSERT INTO cs_store VALUES (1, lower(hex(randomblob(16))), 0, 0);

    CREATE TABLE cs_users (
      id TEXT PRIMARY KEY,
      email TEXT NOT NULL,
      email_key TEXT NOT NULL UNIQUE,
      email_verified INTEGER NOT NULL,
      username TEXT,
      username_key TEXT UNIQUE,
      password_hash TEXT,
      roles TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
      ver INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      profile TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX cs_users_by_age ON cs_users (created_at, id);

    CREATE TABLE cs_clients (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      ver INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('active', 'removed')),
      grants TEXT NOT NULL
    ) STRICT;
    INSERT INTO cs_clients VALUES ('first-party', 'First party', 0, 'active', '["password","refresh_token"]');

    CREATE TABLE cs_sessions (
      user_id TEXT NOT NULL REFERENCES cs_users ON DELETE CASCADE,
      id TEXT NOT NULL UNIQUE,
      client_id TEXT NOT NULL,
      secret_hash TEXT NOT NULL,
      key_id TEXT NOT NULL,
      generation INTEGER NOT NULL,
      attempt TEXT,
      turned_at INTEGER NOT NULL,
      mark_generation INTEGER NOT NULL,
      mark_at INTEGER NOT NULL,
      previous_generation INTEGER NOT NULL,
      previous_at INTEGER NOT NULL,
      user_epoch INTEGER NOT NULL,
      store_epoch INTEGER NOT NULL,
      scope TEXT NOT NULL,
      resources TEXT NOT NULL,
      amr TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      used_at INTEGER NOT NULL,
      -- The earlier of the idle and the absolute limit, so that one index finds what is over.
      expires_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL,
      ended_at INTEGER,
      ended_why TEXT,
      address TEXT,
      network TEXT,
      agent TEXT,
      PRIMARY KEY (user_id, id)
    ) STRICT;
    CREATE INDEX cs_sessions_by_limit ON cs_sessions (expires_at);
    CREATE INDEX cs_sessions_by_end ON cs_sessions (ended_at) WHERE ended_at IS NOT NULL;

    CREATE TABLE cs_keys (
      kid TEXT PRIMARY KEY,
      algorithm TEXT NOT NULL,
      phase TEXT NOT NULL CHECK (phase IN ('next', 'active', 'retiring', 'revoked')),
      public_jwk TEXT,
      sealed TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      phase_at INTEGER NOT NULL
    ) STRICT;

    -- Numbered in the order of their commits, for there is one writer at a time; a number is never given twice.
    CREATE TABLE cs_revocations (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      stamp TEXT NOT NULL,
      kind TEXT NOT NULL,
      ref TEXT NOT NULL,
      least INTEGER,
      session_id TEXT,
      ends_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX cs_revocations_by_ref ON cs_revocations (ref, kind, ends_at);
    CREATE INDEX cs_revocations_by_session ON cs_revocations (session_id, ends_at) WHERE session_id IS NOT NULL;
    CREATE INDEX cs_revocations_by_end ON cs_revocations (ends_at);

    CREATE TABLE cs_nodes (
      id TEXT PRIMARY KEY,
      secret_keys TEXT NOT NULL,
      ring_version INTEGER NOT NULL,
      access_life_seconds INTEGER NOT NULL,
      seen_at INTEGER NOT NULL
    ) STRICT;

    -- Apart from the nodes, for tokens outlive the node and the setting they were made under.
    CREATE TABLE cs_access_lives (
      seconds INTEGER PRIMARY KEY,
      seen_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE cs_one_time (
      kind TEXT NOT NULL,
      hash TEXT NOT NULL,
      taken_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL,
      PRIMARY KEY (kind, hash)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX cs_one_time_by_end ON cs_one_time (ends_at);

    CREATE TABLE cs_events (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      at INTEGER NOT NULL,
      name TEXT NOT NULL,
      user_id TEXT,
      session_id TEXT,
      client_id TEXT,
      actor_kind TEXT NOT NULL,
      actor_id TEXT,
      address TEXT,
      agent TEXT,
      reference TEXT,
      data TEXT
    ) STRICT;
    CREATE INDEX cs_events_by_user ON cs_events (user_id, at) WHERE user_id IS NOT NULL;
    CREATE INDEX cs_events_by_name ON cs_events (name, at);
    CREATE INDEX cs_events_by_time ON cs_events (at);
  `,
}
