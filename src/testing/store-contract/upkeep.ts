import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newLink } from './links.ts'
import {
  assertGiven,
  assertRefused,
  entryOf,
  eventOf,
  eventsOf,
  newId,
  newUser,
  signIn,
  signUp,
} from './people.ts'
import { DAY, HOUR, MINUTE, SECOND, type Subject } from './subject.ts'

export function testUpkeep(subject: Subject): void {
  test('a store says what it is, and answers a ping', async () => {
    const { store } = subject()
    assert.ok(['sqlite', 'postgres'].includes(store.dialect))
    assert.ok(store.description.length > 0)
    await store.ping()
  })

  test('to migrate what is up to date changes nothing', async () => {
    const { store, other } = subject()
    const user = await signUp(store)
    for (const dryRun of [true, false]) {
      const report = await other.migrate({ dryRun })
      assert.deepEqual(report.steps, [])
      assert.equal(report.from, report.to)
      assert.ok(Object.values(report.rows).some((rows) => rows > 0))
    }
    assert.deepEqual(await store.users.find(user.id), user)
  })

  test('G-15, PROTOCOL 2.11: a declared restore raises the epoch above the least, ends every session and every link, and has its entry', async () => {
    const { store, other } = subject()
    const before = await store.identify()
    assert.deepEqual(await other.identify(), before)
    const keyId = newId().slice(0, 8)
    const { user, present } = await signIn(store, undefined, { keyId })
    const links = [newLink(user, 'reset'), newLink(newUser(), 'register')]
    assert.ok(await store.links.create(links, eventOf('user.reset_asked')))
    const inFuture = before.epoch + 2 ** 32
    const raised = await Promise.all(
      [0, inFuture].map((least) => store.declareRestored(least, eventOf('store.restored'))),
    )
    const epoch = Math.max(...raised)
    assert.ok(raised.every((one) => one > before.epoch) && epoch > inFuture)
    assert.deepEqual(await other.identify(), { id: before.id, epoch })
    assert.equal((await store.revocations.pull()).storeEpoch, epoch)
    assert.equal((await entryOf(store, 'store', before.id))?.least, epoch)
    assertRefused(await present(0), 'ended')
    for (const link of links) assert.equal(await store.links.find(link), undefined)
    assert.deepEqual(await store.sessions.list(user.id), [])
    assert.equal((await store.nodes.secretKeyUses())[keyId], undefined, 'no live session names the key')
    const events = await store.events.list({ name: 'store.restored', limit: 2 })
    const told = events.map(({ data }) => [data?.former, data?.epoch]).reverse()
    const [first = 0, second = 0] = raised.toSorted((a, b) => a - b)
    assert.deepEqual(told, [
      [before.epoch, first],
      [first, second],
    ])
    assertGiven(await (await signIn(store, user)).present(0), 'rotate', 1)
  })

  test('G-15, PROTOCOL 2.11: a restore voids recovery codes, and the codes of an authenticator app up to now', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const totp = { userId: user.id, userEpoch: user.epoch, keepSessionId: undefined, sealed: 's1.a1b2c3d4.x' }
    const added = { ...totp, step: 1, recoveryCodes: ['spent since the backup'] }
    await store.factors.addTotp(added, eventOf('totp.added', { userId: user.id }))
    const at = await store.events.record(eventOf('application.recorded'))
    await store.declareRestored(0, eventOf('store.restored'))
    assert.equal((await store.factors.find(user.id)).recoveryCodes, 0)
    const event = eventOf('recovery_code.used', { userId: user.id })
    const code = { userId: user.id, hash: 'spent since the backup' }
    assert.equal(await store.factors.spendRecoveryCode(code, event), false)
    const now = Math.floor(at.at / 30_000)
    assert.equal(await store.factors.spendTotpStep({ userId: user.id, step: now }), false)
    assert.equal(await store.factors.spendTotpStep({ userId: user.id, step: now + 10 }), true)
    const fresh = { userId: user.id, hashes: ['made after it'] }
    await store.factors.replaceRecoveryCodes(fresh, eventOf('recovery_codes.made', { userId: user.id }))
    assert.equal((await store.factors.find(user.id)).recoveryCodes, 1)
  })

  test('what is asked before the store closes is answered, what is asked after is refused', async () => {
    const { store, another } = subject()
    const other = await another()
    const users = Array.from({ length: 20 }, () => newUser())
    const asked = Promise.all(users.map((user) => other.users.create(user, eventOf('user.created'))))
    await other.close()
    assert.ok((await asked).every(({ outcome }) => outcome === 'created'))
    for (const user of users) assert.equal((await store.users.find(user.id))?.id, user.id)
    await assert.rejects(other.users.find(newId()), { code: 'STORE_UNAVAILABLE' })
    await assert.rejects(other.users.remove(newId(), eventOf('user.deleted')), { code: 'STORE_UNAVAILABLE' })
    await assert.rejects(other.ping(), { code: 'STORE_UNAVAILABLE' })
    await other.close()
  })

  test('PROTOCOL 2.6: rows past their use are removed a few at a time, and no others', async () => {
    const { store, advance } = subject()
    const lasting = await signIn(store, undefined, {
      idleMilliseconds: 300 * DAY,
      lifeMilliseconds: 300 * DAY,
    })
    const [idle, over, ended] = [
      await signIn(store, undefined, { idleMilliseconds: HOUR }),
      await signIn(store, undefined, { lifeMilliseconds: HOUR }),
      await signIn(store, undefined, { idleMilliseconds: 300 * DAY, lifeMilliseconds: 300 * DAY }),
    ]
    const event = eventOf('session.ended', { userId: ended.user.id })
    await store.sessions.end({ userId: ended.user.id, id: ended.session.id, why: 'logout' }, event)
    const hash = newId()
    await store.oneTime.take('code', hash, MINUTE)

    const clean = async () => {
      let removed = 0
      for (let last = 3; last === 3; removed += last) {
        last = await store.cleanUp(3)
        assert.ok(last <= 3)
      }
      assert.equal(await store.expired(), 0)
      return removed
    }
    await advance(20 * HOUR)
    await clean()
    for (const { present } of [idle, over])
      assert.equal((await present(0)).verdict, 'expired', 'kept for a day')
    assert.equal((await ended.present(0)).verdict, 'ended')

    await advance(2 * DAY)
    const expired = await store.expired()
    assert.ok(expired >= 4)
    assert.equal(await clean(), expired)
    for (const { present } of [idle, over]) assert.equal((await present(0)).verdict, 'unknown')
    assert.equal((await ended.present(0)).verdict, 'ended', 'kept for a week')
    assert.equal(await entryOf(store, 'session', ended.session.id), undefined)
    assert.equal(await store.oneTime.take('code', hash, MINUTE), 'won', 'forgotten only a day after its life')

    await advance(6 * DAY)
    assert.ok((await clean()) >= 1)
    assert.equal((await ended.present(0)).verdict, 'unknown')
    assertGiven(await lasting.present(0), 'rotate', 1)
    assert.ok((await eventsOf(store, ended.user.id)).includes('session.ended'))
  })

  test('PROTOCOL 2.5, 2.6: how long tokens live is known for a day longer than one can be that a silent node made', async () => {
    const { store, advance } = subject()
    const accessLifeSeconds = 7777
    const told = { secretKeys: [], ringVersion: 1, algorithm: 'ES256', signingSecrets: [] }
    await store.nodes.announce({ ...told, id: newId(), accessLifeSeconds })
    const clean = async () => {
      while ((await store.cleanUp(500)) > 0);
    }
    await advance(accessLifeSeconds * SECOND + DAY + 15 * SECOND)
    await clean()
    await advance(16 * SECOND)
    assert.ok((await store.expired()) >= 1, 'it was still there')
    await clean()
    assert.equal(await store.expired(), 0)
  })

  test('events are kept for their time, users for ever', async () => {
    const { store, advance } = subject()
    const user = await signUp(store)
    await advance(399 * DAY)
    while ((await store.cleanUp(500)) > 0);
    assert.deepEqual(await eventsOf(store, user.id), ['user.created'])
    await advance(2 * DAY)
    while ((await store.cleanUp(500)) > 0);
    assert.deepEqual(await eventsOf(store, user.id), [])
    assert.deepEqual(await store.users.find(user.id), user)

    const url = 'https://hooks.example.com/never-asked'
    await store.webhooks.configure([{ url, events: ['application.recorded'] }])
    await store.events.record(eventOf('application.recorded'))
    await advance(399 * DAY)
    assert.equal(await store.expired(), 0)
    assert.equal((await store.webhooks.list({ dead: false, limit: 9 })).length, 1)
    await advance(2 * DAY)
    assert.equal(await store.expired(), 2, 'with its event goes a delivery that nobody made')
    assert.equal(await store.cleanUp(500), 2)
    assert.deepEqual(await store.webhooks.claim(9, DAY), [])
    await store.webhooks.configure([])
  })
}
