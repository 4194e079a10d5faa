import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIRST_PARTY } from '../../model/client.ts'
import type { NewCode, Redemption } from '../../store/codes.ts'
import type { NewSession } from '../../store/sessions.ts'
import type { Store } from '../../store/store.ts'
import {
  assertGiven,
  entryOf,
  eventOf,
  eventsOf,
  type Holder,
  newId,
  newSession,
  signIn,
  tally,
} from './people.ts'
import { DAY, HOUR, MINUTE, SECOND, type Subject } from './subject.ts'

const LIFE = MINUTE

function newCode({ user, session }: Holder, more: Partial<NewCode> = {}): NewCode {
  return {
    userId: user.id,
    hash: newId(),
    clientId: FIRST_PARTY,
    sessionId: session.id,
    redirectUri: 'https://app.example.com/cb?a=1',
    challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    scope: ['openid', 'orders:read'],
    resources: ['https://api.example.com'],
    nonce: 'n-0S6_WzA2Mj',
    needsConsent: false,
    lifeMilliseconds: LIFE,
    ...more,
  }
}

const issued = (code: NewCode) => eventOf('code.issued', { userId: code.userId, clientId: code.clientId })

async function makeCode(store: Store, holder: Holder, more: Partial<NewCode> = {}): Promise<NewCode> {
  const code = newCode(holder, more)
  assert.equal(await store.codes.create(code, issued(code)), true)
  return code
}

/** What the code is used for: a session of the same user, under the epoch that the code was made under. */
function redeem(store: Store, code: NewCode, { user }: Holder, more: Partial<NewSession> = {}) {
  const session = newSession(user, more)
  const { userId, clientId } = code
  const facts = { userId, clientId }
  const redeemed = store.codes.redeem(code, session, {
    started: eventOf('session.started', { ...facts, sessionId: session.id }),
    reused: eventOf('code.reused', facts),
  })
  return { session, redeemed }
}

export function testCodes(subject: Subject, races: number): void {
  test('a code says what it was made for, and how and when its user had signed in', async () => {
    const { store, other, advance } = subject()
    const holder = await signIn(store, undefined, { amr: ['pwd', 'otp'] })
    const [standing] = await store.sessions.list(holder.user.id)
    await advance(5 * MINUTE)
    const code = await makeCode(store, holder)
    const { lifeMilliseconds: _, needsConsent: __, ...facts } = code
    const found = await other.codes.find(code.userId, code.hash)
    assert.deepEqual(found?.code, {
      ...facts,
      userEpoch: holder.user.epoch,
      amr: ['pwd', 'otp'],
      authenticatedAt: standing?.startedAt,
    })
    assert.deepEqual([found.state, found.user.id], ['good', holder.user.id])
    const bare = await makeCode(store, holder, { challenge: undefined, nonce: undefined, resources: [] })
    const other2 = await store.codes.find(bare.userId, bare.hash)
    assert.deepEqual([other2?.code.challenge, other2?.code.nonce], [undefined, undefined])
    assert.equal(await store.codes.find(newId(), code.hash), undefined)
    assert.equal(await store.codes.find(code.userId, newId()), undefined)
    assert.deepEqual((await eventsOf(store, code.userId)).slice(-2), ['code.issued', 'code.issued'])
  })

  test('C4: a code makes one session, of the sign-in that it came from; its second use ends it', async () => {
    const { store, other, advance } = subject()
    const holder = await signIn(store)
    const code = await makeCode(store, holder)
    const found = await store.codes.find(code.userId, code.hash)
    await advance(20 * SECOND)
    const authenticatedAt = found?.code.authenticatedAt
    const { session, redeemed } = redeem(store, code, holder, { authenticatedAt })
    const first = await redeemed
    assert.equal(first.outcome, 'redeemed')
    assert.equal(first.facts.sessionId, session.id)
    assert.equal(
      first.facts.authTime,
      Math.floor((authenticatedAt ?? 0) / 1000),
      'not when the code was used',
    )
    assert.ok(first.facts.asOf > (authenticatedAt ?? 0))
    assert.equal((await store.codes.find(code.userId, code.hash))?.state, 'used')
    const present = (generation: number) =>
      store.sessions.refresh({
        userId: code.userId,
        sessionId: session.id,
        clientId: session.clientId,
        secretHash: session.secretHash,
        generation,
        attempt: undefined,
        reuseWindowMilliseconds: 10 * SECOND,
        idleMilliseconds: DAY,
        writingKeyId: session.keyId,
        clockUnsure: false,
        onReuse: 'session',
        network: undefined,
        origin: eventOf('session.started').origin,
      })
    const refreshed = assertGiven(await present(0), 'rotate', 1)
    assert.equal(refreshed.facts.authTime, first.facts.authTime, 'nor when it was refreshed')

    await advance(2 * HOUR)
    for (const again of [redeem(other, code, holder), redeem(store, code, holder)]) {
      assert.deepEqual(await again.redeemed, { outcome: 'reused', sessionId: session.id })
    }
    assert.equal((await present(1)).verdict, 'ended')
    assert.ok(await entryOf(store, 'session', session.id))
    const events = await eventsOf(store, code.userId)
    assert.equal(tally(events)['code.reused'], 1, 'one alarm')
    assert.equal((await holder.present(0)).verdict, 'rotate', 'the session of the browser lives on')
  })

  test('C4: of 8 who redeem a code at once exactly one gets a session, and the others end it', async () => {
    const { store, other } = subject()
    const holder = await signIn(store)
    for (let round = 0; round < races; round += 1) {
      const code = await makeCode(store, holder)
      const tries = Array.from({ length: 8 }, (_, index) => redeem(index % 2 ? store : other, code, holder))
      const outcomes = await Promise.all(tries.map(({ redeemed }) => redeemed))
      assert.deepEqual(tally(outcomes.map(({ outcome }) => outcome)), { redeemed: 1, reused: 7 })
      const winner = tries[outcomes.findIndex(({ outcome }) => outcome === 'redeemed')]
      const live = await store.sessions.list(holder.user.id)
      assert.ok(!live.some(({ id }) => tries.some(({ session }) => session.id === id)))
      assert.ok(await entryOf(store, 'session', winner?.session.id ?? ''))
    }
  })

  test('C4: a code past its minute, of a session that ended, or of credentials that were replaced is void', async () => {
    const { store, advance } = subject()
    const outcomeOf = async (code: NewCode, holder: Holder): Promise<Redemption['outcome']> =>
      (await redeem(store, code, holder).redeemed).outcome
    const expect = async (state: string, code: NewCode, holder: Holder) => {
      assert.equal((await store.codes.find(code.userId, code.hash))?.state, state)
      assert.equal(await outcomeOf(code, holder), state === 'good' ? 'redeemed' : 'void')
    }
    const late = await signIn(store)
    const [soon, past] = [await makeCode(store, late), await makeCode(store, late)]
    await advance(LIFE / 2)
    await expect('good', soon, late)
    await advance(LIFE / 2)
    await expect('expired', past, late)

    const out = await signIn(store)
    const ofEnded = await makeCode(store, out)
    const ended = eventOf('session.ended', { userId: out.user.id })
    await store.sessions.end({ userId: out.user.id, id: out.session.id, why: 'logout' }, ended)
    await expect('void', ofEnded, out)
    const dead = newCode(out)
    assert.equal(await store.codes.create(dead, issued(dead)), false, 'and makes no more')
    assert.equal(await store.codes.find(dead.userId, dead.hash), undefined)

    const changed = await signIn(store)
    const ofChanged = await makeCode(store, changed)
    const event = eventOf('user.password_changed', { userId: changed.user.id })
    const keep = { hash: 'another', keepSessionId: changed.session.id }
    await store.users.setPassword(changed.user.id, keep, event)
    await expect('void', ofChanged, changed)

    const off = await signIn(store)
    const ofOff = await makeCode(store, off)
    await store.users.setState(off.user.id, 'disabled', eventOf('user.disabled', { userId: off.user.id }))
    await expect('void', ofOff, off)

    const gone = await signIn(store)
    const ofGone = await makeCode(store, gone)
    await store.users.remove(gone.user.id, eventOf('user.deleted', { userId: gone.user.id }))
    assert.equal(await store.codes.find(ofGone.userId, ofGone.hash), undefined)
    assert.equal(await outcomeOf(ofGone, gone), 'void')
    assert.equal(await outcomeOf(newCode(late), late), 'void', 'one that never was')
  })

  test('G-15: a declared restore makes every authorization code void, used or not', async () => {
    const { store } = subject()
    const holder = await signIn(store)
    const [fresh, used] = [await makeCode(store, holder), await makeCode(store, holder)]
    assert.equal((await redeem(store, used, holder).redeemed).outcome, 'redeemed')
    await store.declareRestored(0, eventOf('application.recorded'))
    for (const code of [fresh, used]) {
      assert.equal(await store.codes.find(code.userId, code.hash), undefined)
      assert.equal((await redeem(store, code, holder).redeemed).outcome, 'void')
    }
  })
}
