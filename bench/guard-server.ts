import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Auth, Clock, Gated } from '../src/index.ts'
import { badTokensBy, badTokensOf } from './bad-tokens.ts'
import { firstSightGate, type Signer, signerOf } from './first-sight.ts'
import { openApp } from './guarded-apps.ts'
import { openBare } from './guarded-bare.ts'
import { openPeer } from './guarded-peers.ts'
import { openWarm } from './warm-credentials.ts'

/**
 * One framework with a route that is not checked on one port and the same route checked on another. Prints the ports, the
 * tokens, those that have to be refused among them, and the header they stand in. Arguments: framework, what checks
 * (`ours`, `api-key`, `session`, `first-HS256` and so on, `bare`, `peer`, `peer-redis`), Redis' address.
 */
const [framework = 'fastify', kind = 'ours', redisUrl = ''] = process.argv.slice(2)
const HOUR = 3_600_000
const TOKENS = kind.startsWith('first') ? 500 : 10_000

const plain = await listen(await openApp(framework))
const { server, tokens, bad } = await openChecked()
const checked = await listen(server)
const header = kind === 'session' ? 'Cookie: ' : 'Authorization: Bearer '
process.stdout.write(`${JSON.stringify({ plain, checked, tokens, bad, header })}\n`)
process.on('SIGTERM', () => process.exit(0))

interface Checked {
  readonly server: Server
  readonly tokens: readonly string[]
  readonly bad: Readonly<Record<string, string>>
}

async function openChecked(): Promise<Checked> {
  if (kind === 'ours') return openOurs()
  if (kind === 'api-key' || kind === 'session') {
    const { auth, ...credentials } = await openWarm(kind, TOKENS)
    return { server: await openApp(framework, auth), ...credentials }
  }
  if (kind.startsWith('first-')) {
    const signer = signerOf(kind.slice('first-'.length))
    const app = openApp(framework, firstSightGate(signer))
    return { server: await app, tokens: mint(signer), bad: badTokensBy(signer) }
  }
  if (kind === 'bare') {
    const signer = signerOf('HS256')
    const tokens = mint(signer)
    return { server: await openBare(framework, tokens), tokens, bad: badTokensBy(signer) }
  }
  // The peers know no access tokens by their type; hono/jwt refuses every type but this one.
  const signer = signerOf('HS256', 'JWT')
  const redis = kind === 'peer-redis' ? redisUrl : undefined
  return { server: await openPeer(framework, signer, redis), tokens: mint(signer), bad: badTokensBy(signer) }
}

function mint(signer: Signer): string[] {
  return Array.from({ length: TOKENS }, () => signer.sign(randomUUID()))
}

async function openOurs(): Promise<Checked> {
  const { createAuth } = (await import(
    new URL('../dist/index.js', import.meta.url).href
  )) as typeof import('../src/index.ts')
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true }))
  const secretKey = randomBytes(32).toString('base64url')
  const open = (clock?: Clock): Auth =>
    createAuth({
      databaseUrl: `sqlite:${join(folder, 'auth.db')}`,
      issuer: 'http://127.0.0.1',
      logLevel: 'silent',
      secretKey,
      rateLimits: 'off',
      ...(clock && { clock }),
    }) as unknown as Auth
  const issueAt = async (shift: number): Promise<string> => {
    const auth = open({ now: () => Date.now() + shift, elapsed: () => performance.now() })
    await auth.ready()
    const { access_token } = await auth.tokens.issue({ userId: user.id })
    await auth.close()
    return access_token
  }

  const auth = open()
  await auth.migrate()
  await auth.ready()
  const user = await auth.users.create({ email: 'bench@example.com', password: 'correct horse battery' })
  const tokens: string[] = []
  for (let at = 0; at < TOKENS; at += 1) {
    tokens.push((await auth.tokens.issue({ userId: user.id })).access_token)
  }
  const bad = badTokensOf(tokens[0] ?? '', await issueAt(-2 * HOUR), await issueAt(HOUR))
  return { server: await openApp(framework, auth as Gated), tokens, bad }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
