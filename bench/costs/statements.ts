import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { StatementSync } from 'node:sqlite'
import pg from 'pg'
import type { Auth, Clock } from '../../src/index.ts'
import type { PrivatePostgres } from '../../test/servers/postgres.ts'
import { PATIENCE_MILLISECONDS, run } from '../../test/store/postgres-place.ts'

export const OPERATIONS = [
  'checked request',
  'sign-in by password',
  'refresh',
  'sign-out',
  'client credentials',
  'introspection',
  'question of a verifier',
] as const

export type Operation = (typeof OPERATIONS)[number]

/** In one process, one after the other. */
export interface OnStore {
  readonly counts: Readonly<Record<Operation, number>>
  /** Of processor time, all threads together. */
  readonly microseconds: Readonly<Record<Operation, number>>
}

export interface CountOptions {
  readonly times?: number
  /** The issuers' clock, for who counts statements only: nothing remembered ends while it stands. */
  readonly clock?: Clock
}

const TIMES = 20
/** For each one that is counted. */
const MOST_TRIES = 50

const dist = async <Module>(path: string): Promise<Module> =>
  (await import(new URL(`../../dist/${path}.js`, import.meta.url).href)) as Module

const ISSUER = 'https://id.example.com'
const PERSON = { email: 'ada@example.com', password: 'correct horse battery' }

/** Whose the statement is: of the operation that asked for it, or of nobody, by the clock. */
const operation = new AsyncLocalStorage<{ statements: number }>()
let statements = 0
const countOne = (): void => {
  statements += 1
  const current = operation.getStore()
  if (current !== undefined) current.statements += 1
}

/** How many statements reach the database for each operation, once what may be remembered is remembered. */
export async function countStatements(
  server: PrivatePostgres,
  { times = TIMES, clock }: CountOptions = {},
): Promise<{ readonly sqlite: OnStore; readonly postgres: OnStore }> {
  const { createAuth } = await dist<typeof import('../../src/index.ts')>('index')
  const { postgres } = await dist<typeof import('../../src/postgres.ts')>('postgres')
  const settings = {
    issuer: ISSUER,
    secretKey: randomBytes(32).toString('base64url'),
    rateLimits: 'off',
    ...(clock && { clock }),
  } as const

  await run(server.url, 'CREATE DATABASE statements')
  const pool = new pg.Pool({ connectionString: server.urlOf('statements') })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    const { query } = client
    client.query = ((...given: never[]) => {
      countOne()
      return Reflect.apply(query, client, given)
    }) as typeof query
  })
  const onPostgres = createAuth({
    store: postgres({ pool, limitMilliseconds: PATIENCE_MILLISECONDS }),
    ...settings,
  }) as unknown as Auth
  const counted = await countAll(onPostgres, times)
  await onPostgres.close()
  await pool.end()

  const restore = watchSqlite(countOne)
  const onSqlite = createAuth({ databaseUrl: 'sqlite::memory:', ...settings }) as unknown as Auth
  const sqlite = await countAll(onSqlite, times)
  await onSqlite.close()
  restore()
  return { sqlite, postgres: counted }
}

/** Every run of a statement by anybody in this process; answers with the way to end that. */
function watchSqlite(ran: () => void): () => void {
  const { prototype } = StatementSync
  const names = ['run', 'get', 'all', 'iterate'] as const
  const former = names.map((name) => [name, prototype[name]] as const)
  for (const [name, method] of former) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: StatementSync, ...given: unknown[]) {
        ran()
        return Reflect.apply(method, this, given)
      },
    })
  }
  return () => {
    for (const [name, method] of former)
      Object.defineProperty(prototype, name, { configurable: true, writable: true, value: method })
  }
}

async function countAll(auth: Auth, times: number): Promise<OnStore> {
  await auth.migrate()
  await auth.ready()
  const { client, secret } = await auth.clients.create({
    name: 'Costs',
    authMethod: 'client_secret_post',
    grants: ['client_credentials'],
    scopes: ['profile:read'],
  })
  const reader = await auth.clients.create({
    name: 'Reader',
    authMethod: 'client_secret_basic',
    grants: ['client_credentials'],
    scopes: ['revocations:read'],
  })
  await auth.users.create(PERSON)
  const credentials = { client_id: client.id, client_secret: secret ?? '' }
  const password = { grant_type: 'password', username: PERSON.email, password: PERSON.password }
  let tokens = await post(auth, '/token', password)
  let cursor = ''

  const ask: Record<Operation, () => Promise<unknown>> = {
    'checked request': () => auth.check(requestWith(String(tokens.access_token)), auth.signedIn),
    'sign-in by password': async () => {
      tokens = await post(auth, '/token', password)
    },
    refresh: async () => {
      tokens = await post(auth, '/token', {
        grant_type: 'refresh_token',
        refresh_token: String(tokens.refresh_token),
      })
    },
    'sign-out': async () => {
      await send(auth, '/logout', { refresh_token: String(tokens.refresh_token) })
    },
    'client credentials': () => post(auth, '/token', { grant_type: 'client_credentials', ...credentials }),
    introspection: () => post(auth, '/introspect', { token: String(tokens.access_token), ...credentials }),
    'question of a verifier': async () => {
      cursor = await question(auth, reader.client.id, reader.secret ?? '', cursor)
    },
  }
  const counts: Partial<Record<Operation, number>> = {}
  const microseconds: Partial<Record<Operation, number>> = {}
  for (const name of OPERATIONS) {
    // Of several the least: the first ones fetch what the next ones remember.
    let least = Number.POSITIVE_INFINITY
    let used = 0
    for (let counted = 0, tries = 1; counted < times; tries += 1) {
      if (tries > times * MOST_TRIES) throw new Error(`${name}: the clock came between each time`)
      if (name === 'sign-out') tokens = await post(auth, '/token', password)
      const own = { statements: 0 }
      const [before, cpu] = [statements, process.cpuUsage()]
      await operation.run(own, ask[name])
      const { user, system } = process.cpuUsage(cpu)
      // What the process does by the clock may have come between, and done a part of it.
      if (statements - before !== own.statements) continue
      least = Math.min(least, own.statements)
      used += user + system
      counted += 1
    }
    counts[name] = least
    microseconds[name] = used / times
    if (name === 'sign-out') tokens = await post(auth, '/token', password)
  }
  return { counts, microseconds } as OnStore
}

function requestWith(token: string): Request {
  return new Request(`${ISSUER}/orders`, { headers: { authorization: `Bearer ${token}` } })
}

function send(auth: Auth, path: string, form: Readonly<Record<string, string>>): Promise<Response> {
  const request = new Request(ISSUER + path, { method: 'POST', body: new URLSearchParams(form) })
  return auth.fetch(request, { address: '127.0.0.1' })
}

async function post(
  auth: Auth,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await send(auth, path, form)
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as Readonly<Record<string, unknown>>
}

/** Answers with the cursor for the next one. */
async function question(auth: Auth, id: string, secret: string, cursor: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const request = new Request(`${ISSUER}/revocations?nonce=n${cursor}`, { headers: { authorization } })
  const response = await auth.fetch(request, { address: '127.0.0.1' })
  if (!response.ok) throw new Error(await response.text())
  const { cursor: next } = (await response.json()) as { readonly cursor: string }
  return `&cursor=${encodeURIComponent(next)}`
}
