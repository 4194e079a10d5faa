import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIRST_PARTY } from '../../model/client.ts'
import { DEVICE_REPEAT_MILLISECONDS, type NewDeviceCode } from '../../store/device-codes.ts'
import type { NewSession } from '../../store/sessions.ts'
import type { Store } from '../../store/store.ts'
import {
  assertRefused,
  callOf,
  entryOf,
  eventOf,
  eventsOf,
  type Holder,
  newId,
  newSession,
  signIn,
  tally,
} from './people.ts'
import { MINUTE, SECOND, type Subject } from './subject.ts'

const LIFE = 10 * MINUTE
const INTERVAL = 5 * SECOND

function newDevice(more: Partial<NewDeviceCode> = {}): NewDeviceCode {
  return {
    hash: newId(),
    userCodeHash: newId(),
    clientId: FIRST_PARTY,
    scope: ['openid', 'orders:read'],
    resources: ['https://api.example.com'],
    address: '192.0.2.44',
    agent: 'Television/1.0',
    lifeMilliseconds: LIFE,
    intervalMilliseconds: INTERVAL,
    ...more,
  }
}

async function startDevice(store: Store, more: Partial<NewDeviceCode> = {}): Promise<NewDeviceCode> {
  const device = newDevice(more)
  assert.equal(await store.deviceCodes.create(device), true)
  return device
}

async function approve(
  store: Store,
  device: NewDeviceCode,
  { user, session }: Holder,
  scope = ['orders:read'],
) {
  const { hash, clientId } = device
  const of = { userId: user.id, clientId }
  await store.consents.grant({ ...of, scopes: scope }, eventOf('consent.granted', of))
  const event = eventOf('device_code.approved', of)
  return store.deviceCodes.approve({ hash, userId: user.id, sessionId: session.id, scope }, event)
}

const poll = (store: Store, { hash, clientId }: NewDeviceCode, as = clientId) =>
  store.deviceCodes.poll({ hash, clientId: as }, eventOf('device_code.reused', { clientId: as }))

const stateOf = async (store: Store, device: NewDeviceCode) => (await poll(store, device))?.state

/** What the code is used for: a session of whoever allowed it. */
function redeem(store: Store, device: NewDeviceCode, { user }: Holder, more: Partial<NewSession> = {}) {
  const session = newSession(user, { clientId: device.clientId, ...more })
  const event = eventOf('session.started', { userId: user.id, sessionId: session.id })
  return { session, redeemed: store.deviceCodes.redeem(device.hash, session, event) }
}

export function testDeviceCodes(subject: Subject, races: number): void {
  test('a device that waits is found by its user code, under any key, with what it asked for and from where', async () => {
    const { store, other, advance } = subject()
    const device = await startDevice(store)
    const { hash, clientId, scope, resources, address, agent } = device
    const found = await other.deviceCodes.findWaiting([newId(), device.userCodeHash])
    assert.ok(found)
    const { askedAt, ...facts } = found
    assert.deepEqual(facts, { hash, clientId, scope, resources, address, agent })
    await advance(MINUTE)
    const later = await startDevice(store)
    const next = await store.deviceCodes.findWaiting([later.userCodeHash])
    assert.ok((next?.askedAt ?? 0) >= askedAt + MINUTE)
    const bare = await startDevice(store, {
      scope: undefined,
      resources: [],
      address: undefined,
      agent: undefined,
    })
    const second = await store.deviceCodes.findWaiting([bare.userCodeHash])
    assert.deepEqual([second?.scope, second?.address, second?.agent], [undefined, undefined, undefined])

    const twin = newDevice({ userCodeHash: device.userCodeHash })
    assert.equal(await store.deviceCodes.create(twin), false, 'a user code names one device')
    assert.equal(await store.deviceCodes.findWaiting([]), undefined)
    assert.equal(await store.deviceCodes.findWaiting([device.hash]), undefined, 'by the user code alone')
    await advance(LIFE)
    assert.equal(await store.deviceCodes.findWaiting([device.userCodeHash]), undefined)
  })

  test('a device polls no oftener than it was told, and each time too soon makes it wait longer', async () => {
    const { store, other, advance } = subject()
    const device = await startDevice(store)
    assert.equal(await stateOf(store, device), 'waiting', 'the first at once')
    assert.equal(await stateOf(other, device), 'too_soon')
    await advance(INTERVAL)
    assert.equal(await stateOf(store, device), 'too_soon', 'ten seconds by now')
    await advance(15 * SECOND)
    assert.equal(await stateOf(store, device), 'waiting')
    await advance(14.5 * SECOND)
    assert.equal(await stateOf(store, device), 'waiting', 'half a second is lost on the way')
    await advance(LIFE)
    assert.equal(await stateOf(store, device), 'expired')
    assert.equal(await poll(store, newDevice()), undefined)
    assert.deepEqual(await poll(store, device, newId()), { state: 'other_client', owner: FIRST_PARTY })
  })

  test('C4: of 8 who redeem what was allowed exactly one gets a session, and it lives', async () => {
    const { store, other, advance } = subject()
    const holder = await signIn(store, undefined, { amr: ['pwd', 'otp'] })
    const [standing] = await store.sessions.list(holder.user.id)
    await advance(MINUTE)
    for (let round = 0; round < races; round += 1) {
      const device = await startDevice(store)
      assert.equal(await approve(other, device, holder), true)
      const polled = await poll(store, device)
      assert.equal(polled?.state, 'approved')
      assert.equal(polled.user.id, holder.user.id)
      assert.deepEqual(polled.approval, {
        userId: holder.user.id,
        userEpoch: holder.user.epoch,
        scope: ['orders:read'],
        resources: device.resources,
        amr: ['pwd', 'otp'],
        authenticatedAt: standing?.startedAt,
      })
      const tries = Array.from({ length: 8 }, (_, index) => redeem(index % 2 ? store : other, device, holder))
      const outcomes = await Promise.all(tries.map(({ redeemed }) => redeemed))
      assert.deepEqual(tally(outcomes.map(({ outcome }) => outcome)), { redeemed: 1, lost: 7 })
      const winner = tries[outcomes.findIndex(({ outcome }) => outcome === 'redeemed')]
      const live = await store.sessions.list(holder.user.id)
      const made = live.filter(({ id }) => tries.some(({ session }) => session.id === id))
      assert.deepEqual(
        made.map(({ id }) => id),
        [winner?.session.id],
      )
    }
  })

  test('C4: a code asked for again at once is only refused; long after its use it ends the session', async () => {
    const { store, other, advance } = subject()
    const holder = await signIn(store)
    const device = await startDevice(store)
    await approve(store, device, holder)
    const { session, redeemed } = redeem(store, device, holder)
    assert.equal((await redeemed).outcome, 'redeemed')
    const used = { state: 'used', userId: holder.user.id, sessionId: session.id }
    // PostgreSQL’s clock goes on by itself: a busy machine has the rest of the time.
    await advance(DEVICE_REPEAT_MILLISECONDS / 4)
    assert.deepEqual(await poll(other, device), { ...used, ended: false })
    assert.ok((await store.sessions.list(holder.user.id)).some(({ id }) => id === session.id))
    await advance(DEVICE_REPEAT_MILLISECONDS)
    for (const from of [other, store]) assert.deepEqual(await poll(from, device), { ...used, ended: true })
    assertRefused(await store.sessions.refresh(callOf(session, 0)), 'ended')
    assert.ok(await entryOf(store, 'session', session.id))
    const events = await eventsOf(store, holder.user.id)
    assert.equal(tally(events)['device_code.reused'], 1, 'one alarm')
    assert.equal((await holder.present(0)).verdict, 'rotate', 'the session of the browser lives on')
  })

  test('of two answers the first counts, and after the time is over none does', async () => {
    const { store, other, advance } = subject()
    const [one, two] = [await signIn(store), await signIn(store)]
    for (let round = 0; round < races; round += 1) {
      const device = await startDevice(store)
      const denied = eventOf('device_code.denied', { clientId: device.clientId })
      const answers = await Promise.all([
        approve(store, device, one),
        approve(other, device, two),
        other.deviceCodes.deny(device.hash, denied),
      ])
      assert.equal(answers.filter(Boolean).length, 1)
      const polled = await poll(store, device)
      assert.equal(polled?.state, answers[2] ? 'denied' : 'approved')
      assert.equal(await store.deviceCodes.findWaiting([device.userCodeHash]), undefined)
    }
    const late = await startDevice(store)
    await advance(LIFE)
    assert.equal(await approve(store, late, one), false)
    assert.equal(await store.deviceCodes.deny(late.hash, eventOf('device_code.denied')), false)
    assert.equal(await stateOf(store, late), 'expired')
    const unwanted = await startDevice(store)
    const events = () => store.events.list({ name: 'device_code.denied', limit: 10_000 })
    const before = (await events()).length
    assert.equal(await store.deviceCodes.deny(unwanted.hash, eventOf('device_code.denied')), true)
    assert.equal(await store.deviceCodes.deny(unwanted.hash, eventOf('device_code.denied')), false)
    assert.equal(await stateOf(store, unwanted), 'denied')
    assert.equal((await events()).length, before + 1)
    const allowedAndLeft = await startDevice(store)
    await approve(store, allowedAndLeft, one)
    await advance(LIFE)
    assert.equal(await stateOf(store, allowedAndLeft), 'expired')
    assert.equal((await redeem(store, allowedAndLeft, one).redeemed).outcome, 'lost')
    const unanswered = await startDevice(store)
    assert.equal((await redeem(store, unanswered, one).redeemed).outcome, 'lost')
    assert.equal((await redeem(store, newDevice(), one).redeemed).outcome, 'lost')
  })

  test('what was allowed is void with the credentials it was allowed by, and no dead session allows', async () => {
    const { store } = subject()
    const expectVoid = async (device: NewDeviceCode, holder: Holder, state: string | undefined) => {
      assert.equal(await stateOf(store, device), state)
      assert.equal((await redeem(store, device, holder).redeemed).outcome, 'lost')
    }
    const out = await signIn(store)
    const ofOut = await startDevice(store)
    assert.equal(await approve(store, ofOut, out), true)
    const ended = eventOf('session.ended', { userId: out.user.id })
    await store.sessions.end({ userId: out.user.id, id: out.session.id, why: 'logout' }, ended)
    assert.equal(
      await stateOf(store, ofOut),
      'approved',
      'who goes away from a borrowed browser lets the device in',
    )
    assert.equal(await approve(store, await startDevice(store), out), false)

    const changed = await signIn(store)
    const ofChanged = await startDevice(store)
    await approve(store, ofChanged, changed)
    const event = eventOf('user.password_changed', { userId: changed.user.id })
    const keep = { hash: 'another', keepSessionId: changed.session.id }
    await store.users.setPassword(changed.user.id, keep, event)
    await expectVoid(ofChanged, changed, 'void')

    const off = await signIn(store)
    const ofOff = await startDevice(store)
    await approve(store, ofOff, off)
    await store.users.setState(off.user.id, 'disabled', eventOf('user.disabled', { userId: off.user.id }))
    await expectVoid(ofOff, off, 'void')

    const gone = await signIn(store)
    const ofGone = await startDevice(store)
    await approve(store, ofGone, gone)
    await store.users.remove(gone.user.id, eventOf('user.deleted', { userId: gone.user.id }))
    await expectVoid(ofGone, gone, undefined)

    const back = await signIn(store)
    const [ofBack, ofOther] = [await startDevice(store), await startDevice(store)]
    const of = { userId: back.user.id, clientId: ofBack.clientId }
    await approve(store, ofBack, back)
    await store.consents.revoke(of, eventOf('consent.revoked', of))
    await expectVoid(ofBack, back, undefined)
    assert.equal(await stateOf(store, ofOther), 'waiting')
    const late = { hash: ofOther.hash, userId: back.user.id, sessionId: back.session.id, scope: [] }
    assert.equal(await store.deviceCodes.approve(late, eventOf('device_code.approved', of)), false)
    assert.equal(await stateOf(store, ofOther), 'too_soon')
  })

  test('G-15: a declared restore makes every device code void, allowed or not', async () => {
    const { store } = subject()
    const holder = await signIn(store)
    const [fresh, allowed] = [await startDevice(store), await startDevice(store)]
    await approve(store, allowed, holder)
    await store.declareRestored(0, eventOf('application.recorded'))
    for (const device of [fresh, allowed]) {
      assert.equal(await poll(store, device), undefined)
      assert.equal((await redeem(store, device, holder).redeemed).outcome, 'lost')
    }
    assert.equal(await store.deviceCodes.findWaiting([fresh.userCodeHash]), undefined)
  })
}
