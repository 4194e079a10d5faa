import { randomBytes, randomUUID } from 'node:crypto'
import type { Auth, Gated, Store } from '../src/index.ts'

const DAY_MILLISECONDS = 86_400_000

const dist = async <Module>(path: string): Promise<Module> =>
  (await import(new URL(`../dist/${path}.js`, import.meta.url).href)) as Module

/** An issuer as built, with credentials of its own, and such as have to be refused. */
export async function openWarm(kind: 'api-key' | 'session', count: number) {
  const { createAuth, sqlite } = await dist<typeof import('../src/index.ts')>('index')
  const store = sqlite(':memory:')
  const auth = createAuth({
    store,
    issuer: 'http://127.0.0.1',
    logLevel: 'silent',
    secretKey: randomBytes(32).toString('base64url'),
    rateLimits: 'off',
  }) as unknown as Auth
  await auth.migrate()
  await auth.ready()
  const tokens = await makeCredentials(kind, auth, store, count)
  const [good = ''] = tokens
  const bad = {
    'no credential': '',
    'cut short': good.slice(0, -4),
    'another case': good.slice(0, 40) + swapCase(good.slice(40)),
    'another secret': good.slice(0, -20) + (tokens[1] ?? '').slice(-20),
  }
  return { auth: auth as Gated, tokens, bad }
}

function swapCase(text: string): string {
  const upper = text.toUpperCase()
  return upper === text ? text.toLowerCase() : upper
}

/** Credentials that stand in the database, each of a person of its own, as what follows the name of their header. */
async function makeCredentials(
  kind: 'api-key' | 'session',
  auth: Auth,
  store: Store,
  count: number,
): Promise<readonly string[]> {
  const { writeSessionCookie } =
    await dist<typeof import('../src/tokens/session-cookie.ts')>('tokens/session-cookie')
  const { hashSecret } = await dist<typeof import('../src/tokens/secret-hash.ts')>('tokens/secret-hash')

  const made: string[] = []
  for (let index = 0; index < count; index += 1) {
    const user = await auth.users.import({ email: `bench-${index}@example.com`, passwordHash: undefined })
    if (kind === 'api-key') {
      made.push((await auth.apiKeys.create({ userId: user.id, name: 'bench' })).text)
      continue
    }
    // A sign-in would hash a password, some twenty milliseconds each.
    const secret = randomBytes(32)
    const session = {
      id: randomUUID(),
      userId: user.id,
      clientId: 'first-party',
      secretHash: hashSecret(secret),
      keyId: 'bench',
      userEpoch: user.epoch,
      scope: [],
      resources: [],
      amr: ['pwd'],
      address: undefined,
      network: undefined,
      agent: undefined,
      idleMilliseconds: DAY_MILLISECONDS,
      lifeMilliseconds: DAY_MILLISECONDS,
    }
    const origin = { actor: { kind: 'system' } } as const
    const event = { name: 'session.started', origin, userId: user.id, sessionId: session.id } as const
    await store.sessions.start(session, event)
    made.push(`countersign=${writeSessionCookie({ userId: user.id, sessionId: session.id, secret })}`)
  }
  return made
}
