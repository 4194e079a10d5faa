import { randomBytes, randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Auth, Gated } from '../src/index.ts'
import { firstSightGate, type Signer, signerOf } from './first-sight.ts'
import { openApp } from './guarded-apps.ts'
import { openPeer } from './guarded-peers.ts'

/**
 * One framework with a route that is not checked on one port and the same route checked on another. Prints the ports and
 * the tokens. Arguments: framework, what checks (`ours`, `first-HS256` and so on, `peer`, `peer-redis`), Redis' address.
 */
const [framework = 'fastify', kind = 'ours', redisUrl = ''] = process.argv.slice(2)
const TOKENS = kind.startsWith('first') ? 500 : 10_000

const plain = await listen(await openApp(framework))
const { server, tokens } = await openChecked()
const checked = await listen(server)
process.stdout.write(`${JSON.stringify({ plain, checked, tokens })}\n`)
process.on('SIGTERM', () => process.exit(0))

async function openChecked(): Promise<{ readonly server: Server; readonly tokens: readonly string[] }> {
  if (kind === 'ours') return openOurs()
  if (kind.startsWith('first-')) {
    const signer = signerOf(kind.slice('first-'.length))
    return { server: await openApp(framework, firstSightGate(signer)), tokens: mint(signer) }
  }
  // The peers know no access tokens by their type; hono/jwt refuses every type but this one.
  const signer = signerOf('HS256', 'JWT')
  const redis = kind === 'peer-redis' ? redisUrl : undefined
  return { server: await openPeer(framework, signer, redis), tokens: mint(signer) }
}

function mint(signer: Signer): string[] {
  return Array.from({ length: TOKENS }, () => signer.sign(randomUUID()))
}

async function openOurs() {
  const { createAuth } = (await import(
    new URL('../dist/index.js', import.meta.url).href
  )) as typeof import('../src/index.ts')
  const auth = createAuth({
    databaseUrl: 'sqlite::memory:',
    issuer: 'http://127.0.0.1',
    secretKey: randomBytes(32).toString('base64url'),
    rateLimits: 'off',
  }) as unknown as Auth
  await auth.migrate()
  await auth.ready()
  const user = await auth.users.create({ email: 'bench@example.com', password: 'correct horse battery' })
  const tokens: string[] = []
  for (let at = 0; at < TOKENS; at += 1) {
    tokens.push((await auth.tokens.issue({ userId: user.id })).access_token)
  }
  return { server: await openApp(framework, auth as Gated), tokens }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
