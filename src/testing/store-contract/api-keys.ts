import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomSecret, systemRandom } from '../../base/random.ts'
import { type ApiKey, MOST_API_KEYS } from '../../model/api-key.ts'
import type { User } from '../../model/user.ts'
import type { NewApiKey } from '../../store/api-keys.ts'
import type { Store } from '../../store/store.ts'
import { newLink } from './links.ts'
import { entryOf, eventOf, eventsOf, newId, signIn, signUp, tally } from './people.ts'
import { HOUR, type Subject } from './subject.ts'

function newKey(user: User, more: Partial<NewApiKey> = {}): NewApiKey {
  return {
    id: newId(),
    userId: user.id,
    name: 'nightly export',
    hash: randomSecret(systemRandom),
    scopes: ['orders:read'],
    lifeMilliseconds: HOUR,
    ...more,
  }
}

async function make(
  store: Store,
  user: User,
  more: Partial<NewApiKey> = {},
): Promise<ApiKey & { hash: string }> {
  const key = newKey(user, more)
  const created = await store.apiKeys.create(key, eventOf('api_key.created', { userId: user.id }))
  assert.ok(created !== undefined)
  return { ...created, hash: key.hash }
}

export function testApiKeys(subject: Subject): void {
  test('an API key is found by its hash, with its owner, by every process', async () => {
    const { store, other } = subject()
    const user = await signUp(store)
    const { hash, ...key } = await make(store, user, { name: 'Schlüssel "1"' })
    assert.equal(key.expiresAt, key.createdAt + HOUR)
    assert.equal(key.usedAt, undefined)
    assert.equal(key.suspended, false)
    const { storeEpoch } = await store.revocations.pull()
    assert.deepEqual(await other.apiKeys.findStanding(user.id, hash), { key, user, storeEpoch })
    assert.deepEqual(await other.apiKeys.list(user.id), [key])

    const stranger = await signUp(store)
    assert.equal(await store.apiKeys.findStanding(stranger.id, hash), undefined, 'it is its owner’s alone')
    assert.equal(await store.apiKeys.findStanding(user.id, 'other'), undefined)
    assert.equal(await store.apiKeys.findStanding('nobody', hash), undefined)
    assert.deepEqual(await store.apiKeys.list(stranger.id), [])
  })

  test('an API key tells its owner while both are good, and of no other', async () => {
    const { store, other, advance } = subject()
    const user = await signUp(store)
    const [brief, key] = [await make(store, user, { lifeMilliseconds: 60_000 }), await make(store, user)]
    const stranger = await signUp(store)
    assert.deepEqual(await other.apiKeys.findOwner(user.id, key.id), user)
    assert.deepEqual(await store.apiKeys.findOwner(user.id, brief.id), user)
    const wrong = [
      [stranger.id, key.id],
      [user.id, newId()],
      [user.id, key.hash],
      ['', ''],
    ] as const
    for (const [userId, id] of wrong) assert.equal(await store.apiKeys.findOwner(userId, id), undefined)
    await advance(60_001)
    assert.equal(await store.apiKeys.findOwner(user.id, brief.id), undefined, 'it is over')
    await store.apiKeys.revoke({ userId: user.id, id: key.id }, eventOf('api_key.revoked'))
    assert.equal(await other.apiKeys.findOwner(user.id, key.id), undefined)
    const last = await make(store, user)
    await store.users.setState(user.id, 'disabled', eventOf('user.disabled'))
    assert.equal(await store.apiKeys.findOwner(user.id, last.id), undefined)
    assert.equal((await store.users.setState(user.id, 'active', eventOf('user.enabled')))?.state, 'active')
    assert.equal((await other.apiKeys.findOwner(user.id, last.id))?.id, user.id)
  })

  test('a revoked API key has ended, with its entry and its event; nobody but its owner ends it', async () => {
    const { store, other } = subject()
    const user = await signUp(store)
    const { id, hash } = await make(store, user)
    const event = eventOf('api_key.revoked', { userId: user.id })
    const stranger = await signUp(store)
    for (const wrong of [
      { userId: stranger.id, id },
      { userId: user.id, id: newId() },
      { userId: '', id: '' },
    ]) {
      assert.equal(await store.apiKeys.revoke(wrong, event), false)
    }
    assert.equal(await entryOf(store, 'apikey', id), undefined)
    const both = await Promise.all(
      [store, other].map(({ apiKeys }) => apiKeys.revoke({ userId: user.id, id }, event)),
    )
    assert.deepEqual(both.sort(), [false, true])
    assert.equal((await entryOf(store, 'apikey', id))?.least, undefined)
    assert.notEqual(await entryOf(store, 'apikey', id), undefined)
    assert.equal(await other.apiKeys.findStanding(user.id, hash), undefined)
    assert.deepEqual(await other.apiKeys.list(user.id), [])
    assert.deepEqual(await eventsOf(store, user.id), ['user.created', 'api_key.created', 'api_key.revoked'])
  })

  test('an API key ends at its time, and with its owner', async () => {
    const { store, advance } = subject()
    const user = await signUp(store)
    const short = await make(store, user, { lifeMilliseconds: 60_000 })
    const long = await make(store, user)
    await advance(60_001)
    assert.equal(await store.apiKeys.findStanding(user.id, short.hash), undefined)
    assert.deepEqual(
      (await store.apiKeys.list(user.id)).map(({ id }) => id),
      [long.id],
    )
    await store.users.remove(user.id, eventOf('user.deleted', { userId: user.id }))
    assert.equal(await store.apiKeys.findStanding(user.id, long.hash), undefined)
    assert.deepEqual(await store.apiKeys.list(user.id), [])
  })

  test('only an active user gets an API key, and a limited number of them', async () => {
    const { store, other } = subject()
    const user = await signUp(store)
    for (let index = 0; index < MOST_API_KEYS - 1; index++) await make(store, user)
    const tries = [store, other, store, other].map(({ apiKeys }) =>
      apiKeys.create(newKey(user), eventOf('api_key.created', { userId: user.id })),
    )
    const made = (await Promise.all(tries)).filter((key) => key !== undefined)
    assert.equal(made.length, 1)
    assert.equal((await store.apiKeys.list(user.id)).length, MOST_API_KEYS)

    const disabled = await signUp(store)
    await store.users.setState(disabled.id, 'disabled', eventOf('user.disabled', { userId: disabled.id }))
    const event = eventOf('api_key.created', { userId: disabled.id })
    assert.equal(await store.apiKeys.create(newKey(disabled), event), undefined)
    assert.deepEqual(await eventsOf(store, disabled.id), ['user.created', 'user.disabled'])
  })

  test('when an API key was last seen is written down for those that are there', async () => {
    const { store, other } = subject()
    const user = await signUp(store)
    const [one, two] = [await make(store, user), await make(store, user)]
    await store.apiKeys.noteUses([])
    await store.apiKeys.noteUses([
      { userId: user.id, id: one.id },
      { userId: user.id, id: newId() },
    ])
    const seen = new Map((await other.apiKeys.list(user.id)).map(({ id, usedAt }) => [id, usedAt]))
    assert.ok((seen.get(one.id) ?? 0) >= one.createdAt)
    assert.equal(seen.get(two.id), undefined)
  })

  test('there is nothing to confirm about a key that is not suspended', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const { id } = await make(store, user)
    const event = eventOf('api_key.confirmed', { userId: user.id })
    assert.equal(await store.apiKeys.confirm({ userId: user.id, id }, event), false)
    assert.deepEqual(await eventsOf(store, user.id), ['user.created', 'api_key.created'])
  })

  test('PROTOCOL 2.11: a key that a restore has suspended works again once it was confirmed, and that key alone', async () => {
    const { store, other } = subject()
    const user = await signUp(store)
    const [one, two] = [await make(store, user), await make(store, user)]
    await store.declareRestored(0, eventOf('application.recorded'))
    assert.equal(await store.apiKeys.findOwner(user.id, one.id), undefined)
    const suspended = async () =>
      (await other.apiKeys.list(user.id)).flatMap((key) => (key.suspended ? [key.id] : [])).sort()
    assert.deepEqual(await suspended(), [one.id, two.id].sort())
    const event = eventOf('api_key.confirmed', { userId: user.id })
    const stranger = await signUp(store)
    assert.equal(await store.apiKeys.confirm({ userId: stranger.id, id: one.id }, event), false)
    assert.equal(await store.apiKeys.confirm({ userId: user.id, id: one.id }, event), true)
    assert.equal(await store.apiKeys.confirm({ userId: user.id, id: one.id }, event), false)
    assert.deepEqual(await suspended(), [two.id])
    assert.deepEqual(await other.apiKeys.findOwner(user.id, one.id), user)
    assert.equal(tally(await eventsOf(store, user.id))['api_key.confirmed'], 1)
  })

  test('E13: whoever is signed in no more makes no key; a reset in the same moment leaves none', async () => {
    const { store, other } = subject()
    const { user, session } = await signIn(store)
    const stranger = await signIn(store)
    const made = eventOf('api_key.created', { userId: user.id })
    assert.ok(await store.apiKeys.create(newKey(user, { sessionId: session.id }), made))
    for (const sessionId of [newId(), 'none', stranger.session.id]) {
      assert.equal(await store.apiKeys.create(newKey(user, { sessionId }), made), undefined)
    }
    await store.users.setPassword(user.id, { hash: 'new' }, eventOf('user.password_changed'))
    assert.equal(await store.apiKeys.create(newKey(user, { sessionId: session.id }), made), undefined)

    for (let race = 0; race < 10; race += 1) {
      const here = await signIn(store)
      const reset = newLink(here.user, 'reset')
      assert.ok(await store.links.create([reset], eventOf('user.reset_asked')))
      const key = newKey(here.user, { sessionId: here.session.id })
      await Promise.all([
        other.apiKeys.create(key, eventOf('api_key.created', { userId: here.user.id })),
        store.links.resetPassword(reset, 'new', eventOf('user.password_changed')),
      ])
      assert.equal(await store.apiKeys.findStanding(here.user.id, key.hash), undefined)
    }
  })
}
