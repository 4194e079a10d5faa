import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import type { Auth, AuthOptions } from '../src/index.ts'

/** One of several processes of an issuer, as built. Prints its port, and, the first one, a token for each session. */
const load = (name: string) => import(new URL(`../dist/${name}.js`, import.meta.url).href)
const { createAuth } = (await load('index')) as typeof import('../src/index.ts')
const { nodeListener } = (await load('node')) as typeof import('../src/node.ts')
const { postgres } = (await load('postgres')) as typeof import('../src/postgres.ts')

const { BENCH_SECRET_KEY = '' } = process.env
const [push = '', url = '', redisUrl = '', sessions = '0'] = process.argv.slice(2)
const options: AuthOptions =
  push === 'notify'
    ? { databaseUrl: url }
    : {
        store: postgres({ pool: new pg.Pool({ connectionString: url }) }),
        ...(push === 'redis' && { redisUrl }),
      }

const auth = createAuth({
  ...options,
  issuer: 'https://id.example.com',
  secretKey: BENCH_SECRET_KEY,
  rateLimits: 'off',
}) as unknown as Auth
await auth.migrate()
await auth.ready()
const tokens: string[] = []
if (sessions !== '0') {
  const account = { email: `${push}@example.com`, password: 'correct horse battery' }
  const user = await auth.users.create(account)
  for (let number = 0; number < Number(sessions); number += 1) {
    tokens.push((await auth.sessions.start({ userId: user.id, amr: ['pwd'] })).access_token)
  }
}
const server = createServer(nodeListener(auth)).listen(0, '127.0.0.1')
await once(server, 'listening')
process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port, tokens })}\n`)
process.on('SIGTERM', () => process.exit(0))
