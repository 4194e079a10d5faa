import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { NewEvent } from '../../src/audit/events.ts'
import { guardedClock } from '../../src/base/clock.ts'
import type { PostgresOptions, PostgresStore } from '../../src/postgres.ts'
import { postgres } from '../../src/postgres.ts'
import type { NewSession, RefreshCall } from '../../src/store/sessions.ts'
import type { NewUser } from '../../src/store/users.ts'
import type { StoreUnderTest } from '../../src/testing/store-contract/subject.ts'
import { type PrivatePostgres, startPostgres } from '../servers/postgres.ts'

export const system = { actor: { kind: 'system' } } as const
export const phone = { actor: { kind: 'user' }, address: '192.0.2.1', agent: 'Phone/1' } as const

export function event(name: NewEvent['name'], more: Partial<NewEvent> = {}): NewEvent {
  return { name, origin: system, ...more }
}

/** One private server for a test file, and a new database in it for each test that asks. */
export interface Place {
  readonly server: PrivatePostgres
  newUrl(): Promise<string>
  /** An open store on a new database, or on the one whose URL is given. */
  open(options?: PostgresOptions): Promise<PostgresStore & { readonly url: string }>
  stop(): Promise<void>
}

export async function startPlace(settings: Readonly<Record<string, string>> = {}): Promise<Place> {
  const server = await startPostgres({ settings })
  const opened: PostgresStore[] = []
  let databases = 0

  async function newUrl(): Promise<string> {
    databases += 1
    await run(server.url, `CREATE DATABASE place_${databases}`)
    return server.urlOf(`place_${databases}`)
  }

  return {
    server,
    newUrl,
    async open(options = {}) {
      const url = options.url ?? (await newUrl())
      const store = patient(options.pool === undefined ? { ...options, url } : options)
      await store.open({ clock: guardedClock(), migrate: true })
      opened.push(store)
      return { ...store, url }
    },
    async stop() {
      for (const store of opened) await store.close()
      await server.stop()
    },
  }
}

/** What is about something else than limits must not meet them, however busy the machine is. */
export const PATIENCE_MILLISECONDS = 60_000

/** A store that waits for a busy machine. By itself it refuses after two seconds, which is the subject of few stories. */
export function patient(options: PostgresOptions): PostgresStore {
  return postgres({ limitMilliseconds: PATIENCE_MILLISECONDS, ...options })
}

/** The database's clock, put ahead: for connections that find this schema first, it takes the place of the real one. */
const SHIFTED_CLOCK = `
  CREATE SCHEMA shifted;
  CREATE TABLE shifted.clock (ahead interval NOT NULL);
  INSERT INTO shifted.clock VALUES (interval '0');
  CREATE FUNCTION shifted.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql
    AS 'SELECT pg_catalog.clock_timestamp() + (SELECT ahead FROM shifted.clock)'`

/**
 * A store on a new database whose clock can be put ahead, as the contract asks for one. What `prepare` does to the database
 * is done when the tables are there, and before the store is opened that is answered with.
 */
export async function openWithClock(
  place: Place,
  prepare?: (url: string) => Promise<unknown>,
): Promise<StoreUnderTest> {
  const plain = await place.newUrl()
  await run(plain, SHIFTED_CLOCK)
  const url = `${plain}?options=${encodeURIComponent('-c search_path=shifted,pg_catalog')}`
  const open = () => place.open({ url, connections: 4 })
  if (prepare !== undefined) {
    await (await open()).close()
    await prepare(plain)
  }
  return {
    store: await open(),
    another: open,
    async advance(milliseconds) {
      await run(plain, `UPDATE shifted.clock SET ahead = ahead + interval '${milliseconds} milliseconds'`)
    },
    close: async () => {},
  }
}

/** Runs one text on a connection of its own. */
export async function run(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  // Of a server that dies meanwhile the statement tells enough; by itself the event would end the process.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

export function newUser(name: string): NewUser {
  return {
    id: randomUUID(),
    email: `${name}@example.com`,
    emailKey: `${name}@example.com`,
    emailVerified: false,
    username: name,
    usernameKey: name,
    passwordHash: 'hash',
    roles: [],
    keptRoles: [],
    profile: {},
  }
}

export interface SignedIn {
  readonly userId: string
  readonly sessionId: string
  readonly call: RefreshCall
}

/** A new user with one session, and the call that refreshes it for the first time. */
export async function signIn(
  store: PostgresStore,
  session: Partial<NewSession> = {},
  call: Partial<RefreshCall> = {},
): Promise<SignedIn> {
  const user = newUser(`user-${randomUUID()}`)
  const created = await store.users.create(user, event('user.created', { userId: user.id }))
  if (created.outcome !== 'created') throw new Error('the user is there already')
  const sessionId = randomUUID()
  const started = await store.sessions.start(
    {
      id: sessionId,
      userId: user.id,
      clientId: 'first-party',
      secretHash: 'secret-hash',
      keyId: 'k1',
      userEpoch: created.user.epoch,
      scope: ['read'],
      resources: [],
      amr: ['pwd'],
      address: phone.address,
      network: '192.0.2.0/24',
      agent: phone.agent,
      idleMilliseconds: 600_000,
      lifeMilliseconds: 3_600_000,
      ...session,
    },
    event('session.started', { userId: user.id, sessionId }),
  )
  if (started.outcome !== 'started') throw new Error('the session did not start')
  return {
    userId: user.id,
    sessionId,
    call: {
      userId: user.id,
      sessionId,
      clientId: 'first-party',
      secretHash: 'secret-hash',
      generation: 0,
      attempt: undefined,
      reuseWindowMilliseconds: 10_000,
      idleMilliseconds: 600_000,
      writingKeyId: 'k1',
      clockUnsure: false,
      onReuse: 'session',
      network: '192.0.2.0/24',
      origin: phone,
      ...call,
    },
  }
}
