import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '../../model/user.ts'
import type { NewPasskey } from '../../store/factors.ts'
import type { Store } from '../../store/store.ts'
import { eventOf, newId, newPasskey, newRecoveryCodes, signUp, tally } from './people.ts'
import type { Subject } from './subject.ts'

const added = (user: User) => eventOf('passkey.added', { userId: user.id })

export function testPasskeys(subject: Subject): void {
  test('a passkey is kept with what proves it; its credential belongs to one account', async () => {
    const { store, other } = subject()
    const owner = await signUp(store)
    const passkey = newPasskey(owner, { counter: 7, synced: false, recoveryCodes: newRecoveryCodes() })
    const outcome = await store.factors.addPasskey(passkey, added(owner))
    assert.equal(outcome.outcome, 'added')
    const { passkeys, recoveryCodes } = await other.factors.find(owner.id)
    assert.equal(recoveryCodes, 10)
    const { userId: _u, userEpoch: _e, keepSessionId: _k, recoveryCodes: _r, ...kept } = passkey
    const addedAt = passkeys[0]?.addedAt ?? 0
    assert.ok(addedAt > 0)
    assert.deepEqual(passkeys, [{ ...kept, addedAt, usedAt: undefined }])

    const thief = await signUp(store)
    const copy = newPasskey(thief, { credentialId: passkey.credentialId })
    assert.equal((await store.factors.addPasskey(copy, added(thief))).outcome, 'taken')
    assert.deepEqual(await store.users.find(thief.id), thief, 'nothing of them changed')

    const renamed = eventOf('passkey.renamed', { userId: owner.id })
    const { id } = passkey
    assert.equal(await store.factors.renamePasskey({ userId: thief.id, id, name: 'x' }, renamed), false)
    assert.equal(await store.factors.renamePasskey({ userId: owner.id, id, name: 'phone' }, renamed), true)
    assert.equal((await store.factors.find(owner.id)).passkeys[0]?.name, 'phone')
  })

  test('the counter of a passkey only rises, but for those that do not count', async () => {
    const { store, other } = subject()
    const owner = await signUp(store)
    const counting = newPasskey(owner, { counter: 5 })
    const result = await store.factors.addPasskey(counting, added(owner))
    assert.ok(result.outcome === 'added')
    const still = newPasskey(result.user)
    assert.equal((await store.factors.addPasskey(still, added(owner))).outcome, 'added')

    const note = (on: Store, { id }: NewPasskey, counter: number) =>
      on.factors.notePasskey({ userId: owner.id, id, counter, synced: true })
    const together = await Promise.all([6, 6, 6, 6].map((c, i) => note(i % 2 ? other : store, counting, c)))
    assert.deepEqual(tally(together.map(String)), { true: 1, false: 3 })
    for (const counter of [5, 6, 0]) assert.equal(await note(store, counting, counter), false)
    assert.equal(await note(store, counting, 9), true)
    assert.equal(await note(store, still, 0), true)
    assert.equal(await note(store, still, 0), true)
    assert.equal(await note(store, still, 1), true)
    assert.equal(await note(store, still, 0), false, 'it has begun to count')
    const { passkeys } = await other.factors.find(owner.id)
    assert.deepEqual(passkeys.map(({ counter }) => counter).sort(), [1, 9])
    assert.ok(passkeys.every(({ usedAt }) => usedAt !== undefined))
  })

  test('the last way in is not taken away: a passkey stays where there is no password, nor another one, nor a usable account elsewhere', async () => {
    const { store, other } = subject()
    const before = await signUp(store, { passwordHash: undefined })
    const { id: userId } = before
    const [one, two] = [newPasskey(before), newPasskey(before)]
    const first = await store.factors.addPasskey(one, added(before))
    assert.ok(first.outcome === 'added')
    const second = await store.factors.addPasskey({ ...two, userEpoch: first.user.epoch }, added(before))
    assert.ok(second.outcome === 'added')
    const event = eventOf('passkey.removed', { userId })
    const remove = (by: Store, passkeyId: string, usable?: readonly string[]) =>
      by.factors.remove({ userId, keepSessionId: undefined, passkeyId, usable }, event)
    const both = await Promise.all([remove(store, one.id, []), remove(other, two.id, [])])
    assert.deepEqual(tally(both), { removed: 1, last: 1 })
    const [left] = (await store.factors.find(userId)).passkeys
    assert.ok(left !== undefined)
    const standing = await store.users.find(userId)
    assert.equal(await remove(store, left.id, ['work']), 'last')
    assert.deepEqual(await store.users.find(userId), standing)
    const of = { userId, userEpoch: standing?.epoch ?? 0, id: newId(), provider: 'work' }
    const identity = { ...of, issuer: 'https://id.example.com', subject: newId(), email: undefined }
    assert.equal(await store.identities.add(identity, eventOf('identity.added', { userId })), 'added')
    assert.equal(await remove(store, left.id, ['home']), 'last', 'that provider is not configured')
    assert.equal(await remove(store, left.id, ['work']), 'removed')

    const locked = await signUp(store, { passwordHash: undefined })
    const only = newPasskey(locked)
    await store.factors.addPasskey(only, added(locked))
    const lost = { userId: locked.id, keepSessionId: undefined, passkeyId: only.id }
    assert.equal(await store.factors.remove(lost, event), 'removed', 'whoever helps out is not asked')
  })
}
