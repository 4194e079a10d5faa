import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '../../model/user.ts'
import type { Store } from '../../store/store.ts'
import {
  entryOf,
  eventOf,
  eventsOf,
  newId,
  newPasskey,
  newRecoveryCodes,
  signIn,
  signUp,
  tally,
} from './people.ts'
import { HOUR, type Subject } from './subject.ts'

async function addTotp(store: Store, user: User, more: { keepSessionId?: string; hashes?: string[] } = {}) {
  const { keepSessionId, hashes = [] } = more
  const totp = {
    userId: user.id,
    userEpoch: user.epoch,
    keepSessionId,
    sealed: `s1.a1b2c3d4.${newId()}`,
    step: 100,
    recoveryCodes: hashes,
  }
  const changed = await store.factors.addTotp(totp, eventOf('totp.added', { userId: user.id }))
  assert.ok(changed !== undefined)
  return { user: changed, sealed: totp.sealed }
}

const added = (user: User) => eventOf('passkey.added', { userId: user.id })

export function testFactors(subject: Subject): void {
  test('a user without second factors has none', async () => {
    const { store } = subject()
    const none = { totp: undefined, passkeys: [], recoveryCodes: 0 }
    assert.deepEqual(await store.factors.find((await signUp(store)).id), none)
    assert.deepEqual(await store.factors.find('nobody'), none)
  })

  test('B7: a new authenticator app ends every session but one, and every token', async () => {
    const { store, other } = subject()
    const here = await signIn(store)
    const elsewhere = await signIn(store, here.user)
    const { user, sealed } = await addTotp(store, here.user, {
      keepSessionId: here.session.id,
      hashes: newRecoveryCodes(),
    })
    assert.ok(user.epoch > here.user.epoch && user.ver > here.user.ver)
    assert.equal((await entryOf(store, 'user', user.id))?.least, user.ver)
    const found = await other.factors.find(user.id)
    assert.equal(found.totp?.sealed, sealed)
    assert.equal(found.recoveryCodes, 10)
    assert.deepEqual(
      (await other.sessions.list(user.id)).map(({ id }) => id),
      [here.session.id],
    )
    assert.equal((await elsewhere.present(0)).verdict, 'ended')
    assert.equal((await here.present(0)).verdict, 'rotate')
    assert.deepEqual((await eventsOf(store, user.id)).slice(-1), ['totp.added'])
  })

  test('a factor is added only to the user as they were when it was proven', async () => {
    const { store } = subject()
    const before = await signUp(store)
    const { user } = await addTotp(store, before)
    const totp = { userId: user.id, userEpoch: before.epoch, keepSessionId: undefined, sealed: 's1.x.y' }
    const stale = { ...totp, step: 1, recoveryCodes: newRecoveryCodes() }
    assert.equal(await store.factors.addTotp(stale, eventOf('totp.added', { userId: user.id })), undefined)
    assert.equal((await store.factors.addPasskey(newPasskey(before), added(user))).outcome, 'stale')
    assert.equal((await store.factors.find(user.id)).recoveryCodes, 0)

    const event = eventOf('user.disabled', { userId: user.id })
    const disabled = await store.users.setState(user.id, 'disabled', event)
    assert.ok(disabled !== undefined)
    assert.equal((await store.factors.addPasskey(newPasskey(disabled), added(user))).outcome, 'stale')
    const nobody = { ...newPasskey(disabled), userId: newId() }
    assert.equal((await store.factors.addPasskey(nobody, added(user))).outcome, 'stale')
  })

  test('E14: of 50 who use the code of one step at once, exactly one wins, and no earlier step after it', async () => {
    const { store, other } = subject()
    const { user } = await addTotp(store, await signUp(store))
    const stores = [store, other]
    for (const step of [101, 102, 105]) {
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          stores[index % 2]?.factors.spendTotpStep({ userId: user.id, step }),
        ),
      )
      assert.deepEqual(tally(outcomes.map(String)), { true: 1, false: 49 })
    }
    for (const step of [99, 100, 104]) {
      assert.equal(await store.factors.spendTotpStep({ userId: user.id, step }), false, `step ${step}`)
    }
    assert.equal(await store.factors.spendTotpStep({ userId: newId(), step: 200 }), false)
  })

  test('E14: of 50 who use one recovery code at once, exactly one wins', async () => {
    const { store, other } = subject()
    const hashes = newRecoveryCodes()
    const { user } = await addTotp(store, await signUp(store), { hashes })
    const event = eventOf('recovery_code.used', { userId: user.id })
    const [hash = '', second = ''] = hashes
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        (index % 2 === 0 ? store : other).factors.spendRecoveryCode({ userId: user.id, hash }, event),
      ),
    )
    assert.deepEqual(tally(outcomes.map(String)), { true: 1, false: 49 })
    assert.equal((await store.factors.find(user.id)).recoveryCodes, 9)
    const stranger = await signUp(store)
    const foreign = { userId: stranger.id, hash: second }
    assert.equal(await store.factors.spendRecoveryCode(foreign, event), false, 'they are their owner’s alone')
    const names = await eventsOf(store, user.id)
    assert.equal(names.filter((name) => name === 'recovery_code.used').length, 1)
  })

  test('new recovery codes replace the old ones, and are for those who have a factor', async () => {
    const { store } = subject()
    const [old, fresh] = [newRecoveryCodes(), newRecoveryCodes()]
    const { user } = await addTotp(store, await signUp(store), { hashes: old })
    const event = eventOf('recovery_codes.made', { userId: user.id })
    assert.equal(await store.factors.replaceRecoveryCodes({ userId: user.id, hashes: fresh }, event), true)
    const used = eventOf('recovery_code.used', { userId: user.id })
    assert.equal(await store.factors.spendRecoveryCode({ userId: user.id, hash: old[0] ?? '' }, used), false)
    assert.equal(await store.factors.spendRecoveryCode({ userId: user.id, hash: fresh[0] ?? '' }, used), true)
    const bare = await signUp(store)
    assert.equal(
      await store.factors.replaceRecoveryCodes({ userId: bare.id, hashes: newRecoveryCodes() }, event),
      false,
    )
  })

  test('a factor that is taken away is gone, and the recovery codes with the last one', async () => {
    const { store } = subject()
    const here = await signIn(store)
    const first = await addTotp(store, here.user, {
      keepSessionId: here.session.id,
      hashes: newRecoveryCodes(),
    })
    const passkey = newPasskey(first.user, { keepSessionId: here.session.id })
    const second = await store.factors.addPasskey(passkey, added(here.user))
    assert.ok(second.outcome === 'added')
    const { id: userId } = here.user
    const keepSessionId = here.session.id
    const removed = eventOf('totp.removed', { userId })

    assert.equal(
      await store.factors.remove({ userId, keepSessionId, passkeyId: newId() }, removed),
      'none',
      'there is no such passkey',
    )
    assert.equal((await store.users.find(userId))?.epoch, second.user.epoch, 'nothing was raised for it')
    const app = { userId, keepSessionId, passkeyId: undefined }
    assert.equal(await store.factors.remove(app, removed), 'removed')
    assert.equal(await store.factors.remove(app, removed), 'none')
    assert.equal((await store.factors.find(userId)).recoveryCodes, 10)
    assert.ok(((await store.users.find(userId))?.epoch ?? 0) > second.user.epoch)
    const event = eventOf('passkey.removed', { userId })
    const last = { userId, keepSessionId, passkeyId: passkey.id, usable: [] }
    assert.equal(await store.factors.remove(last, event), 'removed', 'there is a password')
    const none = { totp: undefined, passkeys: [], recoveryCodes: 0 }
    assert.deepEqual(await store.factors.find(userId), none)
    assert.equal((await here.present(0)).verdict, 'rotate', 'the session at work lives on')
  })

  test('B7: a reset takes every factor and ends every session', async () => {
    const { store, other } = subject()
    const before = await signUp(store)
    const { user } = await addTotp(store, before, { hashes: newRecoveryCodes() })
    const result = await store.factors.addPasskey(newPasskey(user), added(user))
    assert.ok(result.outcome === 'added')
    const session = await signIn(store, result.user)
    const event = eventOf('user.factors_reset', { userId: user.id })
    const both = await Promise.all([store, other].map(({ factors }) => factors.reset(user.id, event)))
    assert.deepEqual(both.sort(), [false, true])
    assert.deepEqual(await store.factors.find(user.id), { totp: undefined, passkeys: [], recoveryCodes: 0 })
    assert.equal((await session.present(0)).verdict, 'ended')
    assert.equal(await store.factors.reset(newId(), event), false)
  })

  test('a secret is encrypted anew only if it is still the one that was read', async () => {
    const { store } = subject()
    const { user, sealed } = await addTotp(store, await signUp(store))
    const uses = await store.nodes.secretKeyUses()
    assert.ok((uses.a1b2c3d4 ?? 0) >= 1, 'its key is counted')
    const listed = await store.factors.listTotpNotUnder('ffffffff', 1000)
    assert.ok(listed.some(({ userId }) => userId === user.id))
    const to = `s1.ffffffff.${newId()}`
    assert.equal(await store.factors.resealTotp({ userId: user.id, from: 's1.other.x', to }), false)
    assert.equal(await store.factors.resealTotp({ userId: user.id, from: sealed, to }), true)
    assert.equal((await store.factors.find(user.id)).totp?.sealed, to)
    const left = await store.factors.listTotpNotUnder('ffffffff', 1000)
    assert.ok(!left.some(({ userId }) => userId === user.id))
  })

  test('factors go with their user', async () => {
    const { store } = subject()
    const { user } = await addTotp(store, await signUp(store), { hashes: newRecoveryCodes() })
    const passkey = newPasskey(user)
    assert.equal((await store.factors.addPasskey(passkey, added(user))).outcome, 'added')
    await store.users.remove(user.id, eventOf('user.deleted', { userId: user.id }))
    const { totp, passkeys } = await store.factors.find(user.id)
    assert.deepEqual([totp, passkeys], [undefined, []])
    const next = await signUp(store)
    const again = newPasskey(next, { credentialId: passkey.credentialId })
    assert.equal((await store.factors.addPasskey(again, added(next))).outcome, 'added')
  })

  test('E14: tries are counted one by one, however many come at once', async () => {
    const { store, other } = subject()
    const hash = newId()
    const counted = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? store : other).oneTime.countTry('challenge.try', hash, HOUR),
      ),
    )
    assert.deepEqual(
      counted.sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, index) => index + 1),
    )
    assert.equal(await store.oneTime.countTry('challenge.try', newId(), HOUR), 1)
    assert.equal(await store.oneTime.take('challenge', hash, HOUR), 'won', 'to count is not to take')
  })

  test('a session is renewed under the epoch of its user, and no other', async () => {
    const { store, other, advance } = subject()
    const { user, session, present } = await signIn(store)
    await advance(5000)
    const renewed = { userId: user.id, id: session.id, userEpoch: user.epoch, amr: ['pwd', 'otp', 'mfa'] }
    const event = eventOf('session.renewed', { userId: user.id, sessionId: session.id })
    const outcome = await store.sessions.renew(renewed, event)
    assert.ok(outcome !== undefined)
    assert.deepEqual(outcome.user, user)
    assert.deepEqual(outcome.facts.amr, renewed.amr)
    const [listed] = await other.sessions.list(user.id)
    assert.deepEqual(listed?.amr, renewed.amr)
    assert.ok((listed?.authenticatedAt ?? 0) >= (listed?.startedAt ?? 0) + 4999)
    assert.equal(outcome.facts.authTime, Math.floor((listed?.authenticatedAt ?? 0) / 1000))
    const refreshed = await present(0)
    assert.ok('facts' in refreshed)
    assert.equal(refreshed.facts.authTime, outcome.facts.authTime)
    assert.deepEqual(refreshed.facts.amr, renewed.amr)

    for (const wrong of [
      { ...renewed, userEpoch: user.epoch - 1 },
      { ...renewed, id: newId() },
      { ...renewed, userId: (await signUp(store)).id },
    ]) {
      assert.equal(await store.sessions.renew(wrong, event), undefined)
    }
    await store.sessions.endAll(user.id, { why: 'ended_by_user' }, eventOf('session.all_ended'))
    assert.equal(await store.sessions.renew(renewed, event), undefined)
    const names = await eventsOf(store, user.id)
    assert.equal(names.filter((name) => name === 'session.renewed').length, 1)
  })
}
