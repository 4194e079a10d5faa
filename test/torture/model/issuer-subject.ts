import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { guardedClock } from '../../../src/base/clock.ts'
import { networkOf } from '../../../src/base/network.ts'
import { type Random, randomId } from '../../../src/base/random.ts'
import { AuthError } from '../../../src/errors/auth-error.ts'
import { createAuth } from '../../../src/index.ts'
import { createSecretKeys } from '../../../src/keys/secret-keys.ts'
import { FIRST_PARTY } from '../../../src/model/client.ts'
import { createSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts'
import { createRefreshTokens, type RefreshToken } from '../../../src/tokens/refresh-token.ts'
import { hashSecret } from '../../../src/tokens/secret-hash.ts'
import { ISSUER, SECRET_KEY, startIssuer } from '../../flows/issuer.ts'
import { seededRandom } from '../../store/seeded.ts'
import { createRewindableDatabase, type Snapshot } from '../rewindable-database.ts'
import { beginByCodes } from './begun-by-code.ts'
import { BUILT_IN } from './endings.ts'
import { ENDABLE, type HeldTokens, issuerEndings } from './issuer-endings.ts'
import type { Limits, Outcome } from './oracle.ts'
import type { Subject } from './subject.ts'

const SECOND = 1000
const DAY = 86_400 * SECOND
const PATIENCE_MILLISECONDS = 60_000
const SYSTEM = { actor: { kind: 'system' } } as const

interface Known extends Pick<HeldTokens, 'userId' | 'sessionId' | 'clientId' | 'code'> {
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
  let emails = 0
  let clientId = ''
  let saved: Snapshot | undefined
  let clock = newClock()

  function newClock() {
    return guardedClock(
      () => wall,
      () => elapsed,
    )
  }
  /** What an issuer is made of, on the database as it is. */
  function ground() {
    clock = newClock()
    const store = createSqliteStore('memory', database.open)
    const withCodes = beginByCodes(store, () => randomId(random))
    const options = {
      ...ENDABLE,
      clock,
      random,
      store: withCodes.store,
      onReuse: limits.onReuse,
      refreshReuseWindowSeconds: limits.windowMilliseconds / SECOND,
      refreshIdleDays: limits.idleMilliseconds / DAY,
      refreshTokenExpireDays: limits.lifeMilliseconds / DAY,
      // What comes by itself every so often never does here: nothing may have to wait for it.
      keyTimes: { announcingMilliseconds: DAY },
    }
    return { store, withCodes, options }
  }
  async function begin() {
    const { options, ...rest } = ground()
    return { ...rest, issuer: await startIssuer(options) }
  }
  async function newUser(): Promise<string> {
    const id = randomId(random)
    const email = `user${emails++}@example.com`
    const user = { id, email, emailKey: email, emailVerified: false, roles: [], keptRoles: [], profile: {} }
    const created = await served.store.users.create(
      { ...user, username: undefined, usernameKey: undefined, passwordHash: 'first' },
      { name: 'user.created', origin: SYSTEM, userId: id },
    )
    assert.equal(created.outcome, 'created')
    return id
  }
  async function newClient(): Promise<void> {
    const offer = { name: 'An application', authMethod: 'none', grants: ['refresh_token'] } as const
    clientId = (await served.issuer.auth.clients.create(offer)).client.id
  }
  async function declareRestored(): Promise<void> {
    await served.issuer.close()
    const auth = createAuth({
      logLevel: 'silent',
      ...ground().options,
      issuer: ISSUER,
      secretKey: SECRET_KEY,
    })
    await auth.declareRestored()
    await auth.close()
    served = await begin()
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
    const endNobody = () => served.issuer.auth.sessions.end(randomId(random), randomId(random))
    await endNobody()
    await new Promise(setImmediate)
    // What was found to be lost is written back meanwhile, and writes keep their order.
    await endNobody()
    await new Promise(setImmediate)
  }

  const held = (session: number): HeldTokens => {
    const { texts, ...own } = known(session)
    return { ...own, refresh: texts.findLast((text) => text !== undefined) ?? '' }
  }

  /** A withdrawal of the signing key that was lost is one again, and then another key has to sign. */
  async function signs(): Promise<void> {
    const late = performance.now() + PATIENCE_MILLISECONDS
    for (;;) {
      await pull()
      const { keys } = await served.issuer.auth.keys.list()
      if (keys.some(({ use, phase }) => use === 'access' && phase === 'active')) return
      assert.ok(performance.now() < late, 'nothing signs any more')
      // Another thread makes it.
      await pause(1)
    }
  }

  let served = await begin()
  for (let count = 0; count < 2; count++) users.push(await newUser())
  await newClient()
  const endings = issuerEndings({
    served: () => served,
    random,
    held,
    users,
    clientId: () => clientId,
    newUser,
    newClient,
    declareRestored,
  })

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
    async start(session, { user, client, origin }) {
      const userId = users[user] ?? ''
      const ofClient = client === BUILT_IN ? FIRST_PARTY : clientId
      served.withCodes.next(origin)
      const start = { userId, amr: ['pwd', 'mfa'], clientId: ofClient }
      const answer = await served.issuer.auth.sessions.start(start)
      const text = String(answer.refresh_token)
      const { sessionId } = read(text)
      const code = served.withCodes.codeOf(sessionId)
      const access = answer.access_token
      sessions.set(session, { userId, sessionId, clientId: ofClient, code, texts: [text], access })
    },
    async refresh(session, { generation, key }): Promise<Outcome> {
      const own = known(session)
      const headers = key === undefined ? undefined : { 'Idempotency-Key': key }
      const form = {
        grant_type: 'refresh_token',
        refresh_token: textOf(session, generation),
        client_id: own.clientId,
      }
      const answer = await served.issuer.call('POST', '/token', { form, ...(headers && { headers }) })
      // Its client is gone.
      if (answer.status === 401 && answer.body.error === 'invalid_client') return { status: 400 }
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
      const { verdict } = await served.store.sessions.refresh({
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
        onReuse: limits.onReuse,
        network: networkOf(undefined),
        origin: SYSTEM,
      })
      return verdict === 'unknown' ? { status: 400 } : { status: 200, generation }
    },
    async end(name, of) {
      await endings[name](of)
      await pull()
    },
    async accepts(session) {
      const { auth } = served.issuer
      const headers = { authorization: `Bearer ${known(session).access}` }
      return (await auth.check(new Request(`${ISSUER}/orders`, { headers }), auth.signedIn)).ok
    },
    pull,
    async restart() {
      await served.issuer.close()
      try {
        served = await begin()
        return false
      } catch (error) {
        if (!(error instanceof AuthError) || error.code !== 'STORE_BEHIND') throw error
        await declareRestored()
        return true
      }
    },
    save() {
      saved = database.snapshot()
    },
    async fallBack() {
      if (saved === undefined) return
      database.rewind(saved)
      for (const [user, id] of users.entries()) {
        if ((await served.store.users.find(id)) === undefined) users[user] = await newUser()
      }
      if ((await served.store.clients.find(clientId)) === undefined) await newClient()
      await signs()
    },
    close: () => served.issuer.close(),
  }
}
