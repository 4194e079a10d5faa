import assert from 'node:assert/strict'
import { guardedClock } from '../../../src/base/clock.ts'
import { networkOf } from '../../../src/base/network.ts'
import { type Random, randomId } from '../../../src/base/random.ts'
import { createSecretKeys } from '../../../src/keys/secret-keys.ts'
import { createSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { createRefreshTokens, hashSecret, type RefreshToken } from '../../../src/tokens/refresh-token.ts'
import { ISSUER, SECRET_KEY, startIssuer, type TestIssuer } from '../../flows/issuer.ts'
import { seededRandom } from '../../store/seeded.ts'
import { createRewindableDatabase, type Snapshot } from '../rewindable-database.ts'
import type { Limits, Outcome } from './oracle.ts'
import type { Subject } from './subject.ts'

const SECOND = 1000
const DAY = 86_400 * SECOND
const SYSTEM = { actor: { kind: 'system' } } as const

interface Known {
  readonly userId: string
  readonly sessionId: string
  /** The one text of each generation that was ever answered. */
  readonly texts: string[]
  access: string
}

const refreshTokens = createRefreshTokens(ISSUER, createSecretKeys([SECRET_KEY]))

/** The same bytes in the same order for each subject: a history comes to the same whenever it is played. */
function sameRandom(): Random {
  const number = seededRandom(1)
  return (bytes) => Uint8Array.from({ length: bytes }, () => number() * 256)
}

/** The whole issuer over SQLite in memory, asked as clients ask it. Only passwords are not hashed, which takes long. */
export async function createIssuerSubject(limits: Limits): Promise<Subject> {
  const random = sameRandom()
  let wall = Date.parse('2026-11-23T08:00:00Z')
  let elapsed = 0
  const database = createRewindableDatabase()
  const sessions = new Map<number, Known>()
  const users: string[] = []
  let saved: Snapshot | undefined
  let clock = newClock()

  function newClock() {
    return guardedClock(
      () => wall,
      () => elapsed,
    )
  }
  async function begin(): Promise<{ readonly store: Store; readonly issuer: TestIssuer }> {
    clock = newClock()
    const store = createSqliteStore('memory', database.open)
    const issuer = await startIssuer({
      clock,
      random,
      store,
      refreshReuseWindowSeconds: limits.windowMilliseconds / SECOND,
      refreshIdleDays: limits.idleMilliseconds / DAY,
      refreshTokenExpireDays: limits.lifeMilliseconds / DAY,
    })
    return { store, issuer }
  }
  const known = (session: number): Known => {
    const found = sessions.get(session)
    assert.ok(found)
    return found
  }
  const read = (text: string): RefreshToken => {
    const token = refreshTokens.read(text)
    assert.ok('generation' in token, 'the issuer answered with a token that is not genuine')
    return token
  }
  const textOf = (session: number, generation: number): string => {
    const { texts } = known(session)
    const text = texts[generation]
    if (text !== undefined) return text
    // Never given out, and yet genuine: nobody can have it, but the rule must hold for it too.
    const [first = ''] = texts
    return refreshTokens.write({ ...read(first), generation })
  }
  const pull = async (): Promise<void> => {
    await issuer.auth.sessions.end(randomId(random), randomId(random))
    await new Promise(setImmediate)
  }

  let { store, issuer } = await begin()
  for (let count = 0; count < 2; count++) {
    const id = randomId(random)
    const email = `user${count}@example.com`
    const user = { id, email, emailKey: email, emailVerified: false, roles: [], keptRoles: [], profile: {} }
    const created = await store.users.create(
      { ...user, username: undefined, usernameKey: undefined, passwordHash: 'first' },
      { name: 'user.created', origin: SYSTEM, userId: id },
    )
    assert.equal(created.outcome, 'created')
    users.push(id)
  }

  return {
    limits,
    now: () => clock.now(),
    wall: () => wall,
    pass(milliseconds) {
      wall += milliseconds
      elapsed += milliseconds
    },
    step(milliseconds) {
      wall += milliseconds
    },
    async start(session, user) {
      const userId = users[user] ?? ''
      const answer = await issuer.auth.sessions.start({ userId, amr: ['pwd'] })
      const text = String(answer.refresh_token)
      const { sessionId } = read(text)
      sessions.set(session, { userId, sessionId, texts: [text], access: answer.access_token })
    },
    async refresh(session, { generation, key }): Promise<Outcome> {
      const own = known(session)
      const headers = key === undefined ? undefined : { 'Idempotency-Key': key }
      const answer = await issuer.refresh(textOf(session, generation), headers)
      if (answer.status === 400 || answer.status === 503) {
        if (answer.status === 503) assert.ok(answer.headers.get('retry-after'))
        return { status: answer.status }
      }
      assert.equal(answer.status, 200, answer.text)
      const text = String(answer.body.refresh_token)
      const token = read(text)
      assert.equal(token.sessionId, own.sessionId)
      own.texts[token.generation] ??= text
      assert.equal(own.texts[token.generation], text, `two live texts of generation ${token.generation}`)
      own.access = String(answer.body.access_token)
      return { status: 200, generation: token.generation }
    },
    async refreshByOtherClient(session, { generation, key }) {
      const token = read(textOf(session, generation))
      const { verdict } = await store.sessions.refresh({
        userId: token.userId,
        sessionId: token.sessionId,
        clientId: 'another-client',
        secretHash: hashSecret(token.sessionSecret),
        generation,
        attempt: key,
        reuseWindowMilliseconds: limits.windowMilliseconds,
        idleMilliseconds: limits.idleMilliseconds,
        writingKeyId: token.keyId,
        clockUnsure: false,
        onReuse: 'session',
        network: networkOf(undefined),
        origin: SYSTEM,
      })
      return verdict === 'unknown' ? { status: 400 } : { status: 200, generation }
    },
    async signOut(session, generation) {
      const { status } = await issuer.call('POST', '/logout', {
        json: { refresh_token: textOf(session, generation) },
      })
      assert.equal(status, 204)
    },
    async endAll(user) {
      await issuer.auth.sessions.endAll(users[user] ?? '')
    },
    async changePassword(user, keep) {
      const userId = users[user] ?? ''
      const keepSessionId = keep === undefined ? undefined : known(keep).sessionId
      const event = { name: 'user.password_changed', origin: SYSTEM, userId } as const
      await store.users.setPassword(userId, { hash: randomId(random), keepSessionId }, event)
      await pull()
    },
    accepts: async (session) => (await issuer.me(known(session).access)).status === 200,
    pull,
    async restart() {
      await issuer.close()
      ;({ store, issuer } = await begin())
    },
    save() {
      saved = database.snapshot()
    },
    async fallBack() {
      if (saved !== undefined) database.rewind(saved)
    },
    close: () => issuer.close(),
  }
}
