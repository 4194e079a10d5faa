import { fileURLToPath } from 'node:url'
import { createAuth } from '../../../src/index.ts'
import { postgres as storeOf } from '../../../src/postgres.ts'
import { basic } from '../../flows/test-clients.ts'
import { type NodeServer, startNodeProgram } from '../nodes/node-server.ts'
import type { People } from './worker.ts'

const PROBES = [
  new URL('../nodes/clock-probe.mjs', import.meta.url),
  new URL('../nodes/memory-probe.mjs', import.meta.url),
].map((url) => fileURLToPath(url))
const SHOP = fileURLToPath(new URL('./shop.ts', import.meta.url))
const ISSUER = 'http://127.0.0.1:8000'
const PEOPLE = 16
const PASSWORD = 'correct horse battery'
const PATIENCE_MILLISECONDS = 60_000
/** Of refresh: short, so that what it forgives is over within a fault. */
export const WINDOW_SECONDS = 3

/** One node of a cluster. */
export function startShop(databaseUrl: string, secretKey: string, redisUrl?: string): Promise<NodeServer> {
  return startNodeProgram(['--expose-gc', ...PROBES.flatMap((probe) => ['--import', probe]), SHOP], {
    ISSUER,
    SECRET_KEY: secretKey,
    DATABASE_URL: databaseUrl,
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
    // Limits are counted, each client by its own address.
    RATE_LIMITS: 'on',
    TRUSTED_PROXIES: '1',
    REFRESH_REUSE_WINDOW_SECONDS: String(WINDOW_SECONDS),
    LOG_LEVEL: 'warn',
  })
}

/** Makes the tables, the accounts, and a client that may introspect; straight at the database. */
export async function settlePeople(databaseUrl: string, secretKey: string): Promise<People> {
  const isPostgres = databaseUrl.startsWith('postgres:')
  const place = isPostgres
    ? { store: storeOf({ url: databaseUrl, limitMilliseconds: PATIENCE_MILLISECONDS }) }
    : { databaseUrl }
  const auth = createAuth({ logLevel: 'silent', issuer: ISSUER, secretKey, ...place })
  await auth.migrate()
  await auth.ready()
  try {
    const names = Array.from({ length: PEOPLE }, (_, number) => `person${number}`)
    const create = (username: string) =>
      auth.users.create({ email: `${username}@example.com`, username, password: PASSWORD })
    await Promise.all(names.map(create))
    const { client, secret = '' } = await auth.clients.create({ name: 'The shop' })
    return { names, password: PASSWORD, introspector: basic(client.id, secret) }
  } finally {
    await auth.close()
  }
}
