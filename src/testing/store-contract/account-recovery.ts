import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomSecret, systemRandom } from '../../base/random.ts'
import { FIRST_PARTY } from '../../model/client.ts'
import type { User } from '../../model/user.ts'
import type { Store } from '../../store/store.ts'
import { mail, newLink } from './links.ts'
import { assertRefused, entryOf, eventOf, eventsOf, newId, newPasskey, signIn, signUp } from './people.ts'
import { DAY, SECOND, type Subject } from './subject.ts'

async function addPasskey(store: Store, user: User): Promise<string> {
  const passkey = newPasskey(user)
  const { outcome } = await store.factors.addPasskey(passkey, eventOf('passkey.added', { userId: user.id }))
  assert.equal(outcome, 'added')
  return passkey.id
}

/** What whoever holds an account can leave in it: second factors, an API key, a consent. */
async function addEverything(store: Store, user: User) {
  const { id: userId, epoch: userEpoch } = user
  const totp = { userId, userEpoch, keepSessionId: undefined, sealed: `s1.a1b2c3d4.${newId()}`, step: 100 }
  const codes = { recoveryCodes: [randomSecret(systemRandom)] }
  const changed = await store.factors.addTotp({ ...totp, ...codes }, eventOf('totp.added', { userId }))
  assert.ok(changed !== undefined)
  const passkeyId = await addPasskey(store, changed)
  const key = { userId, id: newId(), name: 'k', hash: randomSecret(systemRandom), scopes: [] }
  const made = await store.apiKeys.create(
    { ...key, lifeMilliseconds: 3 * DAY },
    eventOf('api_key.created', { userId }),
  )
  assert.ok(made !== undefined)
  const consent = { userId, clientId: FIRST_PARTY, scopes: [] }
  assert.ok(await store.consents.grant(consent, eventOf('consent.granted', { userId })))
  return { passkeyId, keyId: key.id, keyHash: key.hash }
}

export function testAccountRecovery(subject: Subject): void {
  test('E12: a reset link sets the password, proves the address, ends every session, and voids the other links', async () => {
    const { store } = subject()
    const { user, present } = await signIn(store)
    const [link, sibling, verify] = [newLink(user, 'reset'), newLink(user, 'reset'), newLink(user, 'verify')]
    for (const one of [link, sibling, verify]) assert.ok(await mail(store, one))
    assert.deepEqual(await store.links.find(link), {
      purpose: 'reset',
      userId: user.id,
      email: user.email,
      facts: {},
      user,
    })
    const event = eventOf('user.password_changed', { userId: user.id })
    const changed = await store.links.resetPassword(link, 'new hash', event)
    assert.equal(changed?.emailVerified, true)
    assert.ok((changed?.epoch ?? 0) > user.epoch)
    assert.equal((await store.users.findAccountById(user.id))?.passwordHash, 'new hash')
    assert.equal((await entryOf(store, 'user', user.id))?.least, changed?.ver)
    assertRefused(await present(0), 'ended')
    assert.equal(await store.links.resetPassword(sibling, 'another', event), undefined)
    assert.equal(await store.links.verifyEmail(verify, event), undefined)
  })

  test('E12: a reset ends the API keys; where the address was not proven, all that another may have added goes as well', async () => {
    const { store } = subject()
    for (const emailVerified of [false, true]) {
      const user = await signUp(store, { emailVerified })
      const added = await addEverything(store, user)
      const link = newLink(user, 'reset')
      assert.ok(await mail(store, link))
      await store.links.resetPassword(link, 'new', eventOf('user.password_changed', { userId: user.id }))
      assert.deepEqual(await store.apiKeys.list(user.id), [])
      assert.equal(await store.apiKeys.findStanding(user.id, added.keyHash), undefined)
      const entry = await entryOf(store, 'apikey', added.keyId)
      assert.ok(entry !== undefined && entry.least === undefined, 'those who remember the key are told')
      const { totp, passkeys, recoveryCodes } = await store.factors.find(user.id)
      const left = [totp !== undefined, passkeys.length, recoveryCodes]
      assert.deepEqual(left, emailVerified ? [true, 1, 1] : [false, 0, 0])
      assert.equal((await store.consents.list(user.id)).length, emailVerified ? 1 : 0)
    }
  })

  test('E13: who stops a change of address is rid of the API keys, and of factors added since or the day before', async () => {
    const { store, advance } = subject()
    for (const added of ['long before', 'just before', 'since'] as const) {
      const user = await signUp(store, { emailVerified: true })
      const before = added === 'since' ? undefined : await addEverything(store, user)
      await advance(added === 'long before' ? DAY + SECOND : SECOND)
      const link = newLink(user, 'keep_email')
      assert.ok(await mail(store, link))
      await advance(SECOND)
      const now = await store.users.find(user.id)
      assert.ok(now !== undefined)
      const { keyId } = before ?? (await addEverything(store, now))
      if (added === 'long before') await addPasskey(store, now)
      const kept = await store.links.keepEmail(link, eventOf('user.email_kept', { userId: user.id }))
      assert.equal(kept?.outcome, 'kept')
      assert.deepEqual(await store.apiKeys.list(user.id), [])
      assert.notEqual(await entryOf(store, 'apikey', keyId), undefined)
      const { totp, passkeys, recoveryCodes } = await store.factors.find(user.id)
      const left = [totp !== undefined, passkeys.map(({ id }) => id), recoveryCodes]
      assert.deepEqual(left, added === 'long before' ? [true, [before?.passkeyId], 1] : [false, [], 0], added)
    }
  })

  test('E13: a new address is taken over by its link; the former one can be had back, and then nothing else holds', async () => {
    const { store } = subject()
    const { user, present } = await signIn(store)
    const email = `${newId()}@example.com`
    const change = newLink(user, 'change_email', { email, emailKey: email })
    const keep = newLink(user, 'keep_email')
    assert.ok(await mail(store, change, keep))
    const changed = await store.links.changeEmail(change, eventOf('user.email_changed', { userId: user.id }))
    assert.ok(changed?.outcome === 'changed')
    assert.equal(changed.user.email, email)
    assert.equal(changed.user.emailVerified, true)
    assert.equal((await store.users.findAccount(email))?.user.id, user.id)
    assert.equal(await store.users.findAccount(user.email), undefined)
    // A thief would now change the password.
    await store.users.setPassword(user.id, { hash: 'of the thief' }, eventOf('user.password_changed'))
    // And allow an application of theirs, which needs nobody’s yes after that.
    const allowed = { userId: user.id, clientId: newId() }
    await store.consents.grant({ ...allowed, scopes: [] }, eventOf('consent.granted', allowed))
    const kept = await store.links.keepEmail(keep, eventOf('user.email_kept', { userId: user.id }))
    assert.ok(kept?.outcome === 'kept')
    assert.equal(kept.user.email, user.email)
    assert.equal((await store.users.findAccount(user.email))?.passwordHash, undefined)
    assert.equal(await store.users.findAccount(email), undefined)
    assertRefused(await present(0), 'ended')
    assert.equal(await store.consents.find(user.id, allowed.clientId), undefined)
    assert.deepEqual((await eventsOf(store, user.id)).slice(-1), ['user.email_kept'])
  })
}
