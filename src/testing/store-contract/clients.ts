import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventName, NewEvent } from '../../audit/events.ts'
import { randomSecret, systemRandom } from '../../base/random.ts'
import { type Client, FIRST_PARTY } from '../../model/client.ts'
import type { NewClient } from '../../store/clients.ts'
import type { Store } from '../../store/store.ts'
import { assertGiven, assertRefused, entryOf, eventOf, newId, signIn, tally } from './people.ts'
import { MINUTE, type Subject } from './subject.ts'

function newClient(more: Partial<NewClient> = {}): NewClient {
  return {
    id: newId(),
    name: 'Reports',
    state: 'active',
    grants: ['client_credentials', 'refresh_token'],
    scopes: ['orders:read', 'orders:write'],
    redirectUris: ['https://reports.example.com/callback'],
    authMethod: 'client_secret_basic',
    requirePkce: true,
    skipConsent: false,
    idTokenAlgorithm: 'RS256',
    postLogoutRedirectUris: [],
    keys: [],
    secretHash: randomSecret(systemRandom),
    ...more,
  }
}

export async function register(
  store: Store,
  more: Partial<NewClient> = {},
): Promise<Client & { secretHash: string }> {
  const client = newClient(more)
  const created = await store.clients.create(client, eventOf('client.created', { clientId: client.id }))
  assert.ok(created !== undefined)
  return { ...created, secretHash: client.secretHash ?? '' }
}

/** Every verb that changes a client, on one that is there. */
const CHANGES: readonly {
  readonly name: EventName
  readonly verb: string
  readonly make: (store: Store, id: string, event: NewEvent) => Promise<unknown>
}[] = [
  {
    name: 'client.changed',
    verb: 'change',
    make: ({ clients }, id, event) => clients.change(id, { scopes: [] }, event),
  },
  {
    name: 'client.secret_rotated',
    verb: 'rotateSecret',
    make: ({ clients }, id, event) =>
      clients.rotateSecret(id, { hash: 'other', formerMilliseconds: 0, endTokens: true }, event),
  },
  { name: 'client.deleted', verb: 'remove', make: ({ clients }, id, event) => clients.remove(id, event) },
]

export function testClients(subject: Subject): void {
  test('the built-in client is there, public, and may ask for every scope', async () => {
    const client = await subject().store.clients.find(FIRST_PARTY)
    assert.ok(client !== undefined && client.state === 'active' && client.authMethod === 'none')
    assert.deepEqual(client.grants, ['password', 'refresh_token'])
    assert.equal(client.scopes, undefined)
    assert.deepEqual([client.secrets, client.redirectUris, client.keys], [[], [], []])
  })

  test('a client is kept whole, with a secret of which only the hash is known', async () => {
    const { store, other } = subject()
    const keys = [{ kty: 'OKP', crv: 'Ed25519', x: 'a', alg: 'EdDSA', kid: 'k' }]
    const { secretHash, ...given } = newClient({
      keys,
      requirePkce: false,
      idTokenAlgorithm: 'ES256',
      name: 'Reports ü "1"',
    })
    const event = eventOf('client.created', { clientId: given.id })
    const created = await store.clients.create({ ...given, secretHash }, event)
    assert.ok(created !== undefined && created.ver > 0 && created.createdAt === created.updatedAt)
    const secrets = [{ createdAt: created.createdAt, endsAt: undefined }]
    const { ver, createdAt, updatedAt } = created
    assert.deepEqual(created, { ...given, ver, secrets, createdAt, updatedAt })
    assert.deepEqual(await other.clients.find(given.id), created)

    const standing = await other.clients.findStanding(given.id)
    assert.deepEqual(standing?.client, created)
    assert.deepEqual(standing.secretHashes, [secretHash])
    assert.equal(standing.storeEpoch, (await store.revocations.pull()).storeEpoch)
    assert.ok(standing.asOf >= createdAt && standing.asOf < createdAt + MINUTE)

    const bare = await register(store, { secretHash: undefined, authMethod: 'none', redirectUris: [] })
    assert.deepEqual((await store.clients.findStanding(bare.id))?.secretHashes, [])
    for (const id of [newId(), '', 'x\0', given.id.toUpperCase()]) {
      assert.equal(await store.clients.find(id), undefined)
      assert.equal(await store.clients.findStanding(id), undefined)
    }
  })

  test('A21: an id is given once: of many at once, and never again after its client was removed', async () => {
    const { store, other } = subject()
    const id = newId()
    const create = (at: Store) => at.clients.create(newClient({ id }), eventOf('client.created'))
    const created = await Promise.all([store, other, store, other].map(create))
    assert.equal(created.filter((client) => client !== undefined).length, 1)
    const live = await register(store)
    assert.deepEqual(await store.clients.removed([id, live.id]), [])
    assert.equal(await store.clients.remove(id, eventOf('client.deleted')), true)
    assert.deepEqual(await store.clients.removed([live.id, id, 'never given']), [id])
    assert.equal(await create(store), undefined)
    assert.equal(await store.clients.find(id), undefined)
    assert.equal(await store.clients.remove(id, eventOf('client.deleted')), false)
  })

  test('clients are listed oldest first, page by page, without those removed', async () => {
    const { store, advance } = subject()
    const ids: string[] = []
    for (let index = 0; index < 5; index += 1) {
      await advance(10)
      ids.push((await register(store)).id)
    }
    const list = async (page: { after?: string; limit: number }) =>
      (await store.clients.list(page)).map(({ id }) => id)
    const all = await list({ limit: 1000 })
    assert.deepEqual(all.slice(-5), ids)
    assert.ok(all.includes(FIRST_PARTY))
    assert.deepEqual(await list({ after: ids[0] ?? '', limit: 2 }), ids.slice(1, 3))
    await store.clients.remove(ids[2] ?? '', eventOf('client.deleted'))
    assert.deepEqual(await list({ after: ids[0] ?? '', limit: 2 }), [ids[1], ids[3]])
    assert.deepEqual(await list({ after: ids[2] ?? '', limit: 5 }), ids.slice(3), 'after one that is gone')
    assert.deepEqual(await list({ after: newId(), limit: 5 }), [])
  })

  test('B7: a change replaces what it names; a lost scope and a disabled client end access tokens', async () => {
    const { store, other } = subject()
    const before = await register(store)
    const change = (given: Parameters<Store['clients']['change']>[1]) =>
      store.clients.change(before.id, given, eventOf('client.changed', { clientId: before.id }))

    const renamed = await change({ name: 'Sales', scopes: ['orders:write', 'orders:read', 'orders:delete'] })
    assert.deepEqual(
      [renamed?.name, renamed?.scopes, renamed?.grants, renamed?.ver],
      ['Sales', ['orders:write', 'orders:read', 'orders:delete'], before.grants, before.ver],
    )
    assert.equal(await entryOf(store, 'client', before.id), undefined, 'nothing was lost')
    assert.deepEqual((await other.clients.findStanding(before.id))?.secretHashes, [before.secretHash])

    assert.equal((await change({ idTokenAlgorithm: 'ES256' }))?.idTokenAlgorithm, 'ES256')
    assert.equal((await change({ name: 'Sales' }))?.idTokenAlgorithm, 'ES256', 'it stays')
    const narrowed = await change({ scopes: ['orders:read'] })
    assert.ok((narrowed?.ver ?? 0) > before.ver)
    assert.equal((await entryOf(other, 'client', before.id))?.least, narrowed?.ver)

    const disabled = await change({ state: 'disabled' })
    assert.equal((await entryOf(other, 'client', before.id))?.least, disabled?.ver)
    assert.equal((await other.clients.findStanding(before.id))?.client.state, 'disabled')
    const enabled = await change({ state: 'active' })
    assert.deepEqual([enabled?.state, enabled?.ver], ['active', disabled?.ver])

    const ended = await change({ endTokens: true })
    assert.ok((ended?.ver ?? 0) > (enabled?.ver ?? 0), 'asked for')
    assert.equal((await entryOf(other, 'client', before.id))?.least, ended?.ver)
    assert.equal(await store.clients.change(newId(), {}, eventOf('client.changed')), undefined)
  })

  test('B7: sessions of a removed or disabled client do not refresh, nor do new ones begin', async () => {
    const { store, other } = subject()
    const { id } = await register(store)
    const holder = await signIn(store, undefined, { clientId: id })
    const token = { userId: holder.user.id, id: holder.session.id, secretHash: holder.session.secretHash }
    assert.equal((await store.sessions.inspect(token))?.live, true)
    await other.clients.change(id, { state: 'disabled' }, eventOf('client.disabled', { clientId: id }))
    assertRefused(await holder.present(0), 'ended')
    assert.equal((await store.sessions.inspect(token))?.live, false)
    await other.clients.change(id, { state: 'active' }, eventOf('client.enabled', { clientId: id }))
    assertGiven(await holder.present(0), 'rotate', 1)

    await other.clients.remove(id, eventOf('client.deleted', { clientId: id }))
    assertRefused(await holder.present(1), 'ended')
    assert.equal((await store.sessions.inspect(token))?.live, false)
    const entry = await entryOf(store, 'client', id)
    assert.ok(entry !== undefined && entry.least === undefined)
    const session = { ...holder.session, id: newId() }
    assert.equal((await store.sessions.start(session, eventOf('session.started'))).outcome, 'stale')
  })

  for (const { name, verb, make } of CHANGES) {
    test(`clients.${verb} makes its change and its event, or neither`, async () => {
      const { store } = subject()
      const { id } = await register(store)
      const userId = newId()
      const look = async () => ({
        client: await store.clients.findStanding(id).then((standing) => standing && { ...standing, asOf: 0 }),
        entry: (await entryOf(store, 'client', id)) !== undefined,
        events: (await store.events.list({ userId, limit: 10 })).map((event) => event.name),
      })
      const before = await look()
      // An event that no database takes, for it does not say who acted.
      const broken = { name, origin: { actor: { kind: undefined } }, userId } as unknown as NewEvent
      await assert.rejects(make(store, id, broken))
      assert.deepEqual(await look(), before)
      await make(store, id, eventOf(name, { userId, clientId: id }))
      const after = await look()
      assert.deepEqual([after.entry, after.events], [true, [name]])
      assert.notDeepEqual(after.client, before.client)
    })
  }

  test('of many who remove a client at once one does', async () => {
    const { store, other } = subject()
    const { id } = await register(store)
    const removed = await Promise.all(
      [store, other, store, other].map((at) =>
        at.clients.remove(id, eventOf('client.deleted', { clientId: id })),
      ),
    )
    assert.deepEqual(tally(removed.map(String)), { true: 1, false: 3 })
  })
}
