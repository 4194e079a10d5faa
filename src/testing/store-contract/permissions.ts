import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewEvent } from '../../audit/events.ts'
import type { PermissionStep } from '../../store/permissions.ts'
import type { Store } from '../../store/store.ts'
import { newLink } from './links.ts'
import { assertGiven, entryOf, eventOf, newId, newUser, signIn, signUp } from './people.ts'
import type { Subject } from './subject.ts'

/** A name that no other test has. */
const nameOf = (what: string) => `${what}-${newId().slice(0, 8)}`

function putRole(name: string, scopes: readonly string[], event = eventOf('role.changed')): PermissionStep {
  return { kind: 'role.put', role: { name, description: undefined, scopes }, event }
}

function newClient(id: string, event: NewEvent): PermissionStep {
  const client = {
    id,
    name: 'One',
    state: 'active',
    grants: ['client_credentials'],
    scopes: ['orders:read'],
    redirectUris: [],
    postLogoutRedirectUris: [],
    authMethod: 'client_secret_basic',
    requirePkce: true,
    skipConsent: false,
    idTokenAlgorithm: 'RS256',
    keys: [],
    secretHash: newId(),
  } as const
  return { kind: 'client.create', client, event }
}

async function change(store: Store, ...steps: readonly PermissionStep[]): Promise<void> {
  assert.equal(await store.permissions.change(steps), undefined)
}

const happened = async (store: Store, event: NewEvent) =>
  (await store.events.list({ name: event.name, limit: 100 })).filter(
    ({ data }) => data?.mark !== undefined && data.mark === event.data?.mark,
  ).length

const marked = (name: NewEvent['name']) => eventOf(name, { data: { mark: newId() } })

export function testPermissions(subject: Subject): void {
  test('scopes and roles are kept by name, put in the place of what was, and removed', async () => {
    const { store, other } = subject()
    const [role, scope] = [nameOf('seller'), nameOf('orders')]
    await change(store, {
      kind: 'scope.put',
      scope: { name: scope, sentence: 'See' },
      event: marked('scope.declared'),
    })
    await change(store, putRole(role, [scope, 'b:c']))
    assert.deepEqual(await other.permissions.findRoles([role, nameOf('nobody')]), [
      { name: role, description: undefined, scopes: [scope, 'b:c'] },
    ])
    const changed = { name: role, description: 'Sells', scopes: [] }
    await change(
      other,
      { kind: 'role.put', role: changed, event: marked('role.changed') },
      { kind: 'scope.put', scope: { name: scope, sentence: 'See them' }, event: marked('scope.changed') },
    )
    assert.deepEqual(await store.permissions.findRoles([role]), [changed])
    assert.ok((await store.permissions.roles()).some(({ name }) => name === role))
    assert.equal((await store.permissions.scopes()).find(({ name }) => name === scope)?.sentence, 'See them')
    await change(
      store,
      { kind: 'role.remove', name: role, event: marked('role.removed') },
      { kind: 'scope.remove', name: scope, event: marked('scope.removed') },
    )
    assert.deepEqual(await other.permissions.findRoles([role]), [])
    assert.ok(!(await other.permissions.scopes()).some(({ name }) => name === scope))
    assert.deepEqual(await other.permissions.findRoles([]), [])
  })

  test('a role that loses a scope ends the access tokens of whoever has it, and no session; one that gains none', async () => {
    const { store, other } = subject()
    const role = nameOf('seller')
    await change(store, putRole(role, ['a', 'b']))
    const holder = await signUp(store, { roles: ['reader', role] })
    const stranger = await signUp(store, { roles: ['reader', `${role}-2`] })
    const { present } = await signIn(store, holder)
    await change(store, putRole(role, ['b', 'a', 'c']))
    assert.equal((await store.users.find(holder.id))?.ver, holder.ver)
    assert.equal(await entryOf(store, 'user', holder.id), undefined)

    await change(other, putRole(role, ['c', 'b']))
    const now = await store.users.find(holder.id)
    assert.ok((now?.ver ?? 0) > holder.ver)
    assert.equal(now?.epoch, holder.epoch)
    assert.equal((await entryOf(other, 'user', holder.id))?.least, now?.ver)
    assert.equal(await entryOf(store, 'user', stranger.id), undefined)
    assert.equal((await store.users.find(stranger.id))?.ver, stranger.ver)
    const { user } = assertGiven(await present(0), 'rotate', 1)
    assert.equal(user.ver, now?.ver)
  })

  test('a role that is removed is taken from whoever has it, their access tokens with it', async () => {
    const { store } = subject()
    const role = nameOf('seller')
    await change(store, putRole(role, []))
    const holder = await signUp(store, { roles: ['reader', role, 'writer'] })
    const event = marked('role.removed')
    await change(store, { kind: 'role.remove', name: role, event })
    const now = await store.users.find(holder.id)
    assert.deepEqual(now?.roles, ['reader', 'writer'])
    assert.ok((now?.ver ?? 0) > holder.ver)
    assert.equal((await entryOf(store, 'user', holder.id))?.least, now?.ver)
    assert.equal(await happened(store, event), 1)
  })

  test('a role that is gone is given to nobody and promised to nobody, and nothing is written', async () => {
    const { store, other } = subject()
    const [role, left] = [nameOf('seller'), nameOf('keeper')]
    await change(store, putRole(role, []), putRole(left, []))
    const promise = { roles: ['reader', role, left], keptRoles: [role, left] }
    const user = newUser(promise)
    const holder = await signUp(store, { roles: ['reader', left], keptRoles: [left] })
    await change(other, { kind: 'role.remove', name: role, event: marked('role.removed') })
    const link = newLink(user, 'invite', { facts: { roles: promise.roles }, keptRoles: promise.keptRoles })
    const unavailable = { code: 'STORE_UNAVAILABLE' }
    const events = [marked('user.created'), marked('user.invited'), marked('user.roles_changed')] as const
    await assert.rejects(store.users.create(user, events[0]), unavailable)
    await assert.rejects(store.links.create([link], events[1]), unavailable)
    await assert.rejects(store.users.setRoles(holder.id, promise, events[2]), unavailable)
    assert.equal(await store.users.find(user.id), undefined)
    assert.equal(await store.links.find(link), undefined)
    assert.deepEqual((await store.users.find(holder.id))?.roles, ['reader', left])
    for (const event of events) assert.equal(await happened(store, event), 0, event.name)
    assert.equal(
      await store.users.setRoles(newId(), { roles: [left], keptRoles: [left] }, events[2]),
      undefined,
    )
    assert.deepEqual(
      (await store.users.setRoles(holder.id, { roles: [left], keptRoles: [left] }, events[2]))?.roles,
      [left],
    )
  })

  test('an invitation promises a role no more once it was removed, also if one of that name is made again', async () => {
    const { store, other } = subject()
    const role = nameOf('seller')
    await change(store, putRole(role, ['a']))
    const user = newUser({ roles: ['reader'] })
    // What else waits with it stays as it is.
    const profile = { note: `a "${role}" \0 \ud800`, deep: [1.5, { x: null }] }
    const facts = { roles: ['reader', role, `${role}-2`], profile }
    const link = newLink(user, 'invite', { facts, keptRoles: [role] })
    assert.equal(await store.links.create([link], eventOf('user.invited', { userId: user.id })), true)
    await change(other, { kind: 'role.remove', name: role, event: marked('role.removed') })
    await change(other, putRole(role, ['a', 'b']))
    assert.deepEqual((await store.links.find(link))?.facts, { roles: ['reader', `${role}-2`], profile })
    const created = await store.links.createAccount(link, user, eventOf('user.created', { userId: user.id }))
    assert.equal(created?.outcome, 'created')
  })

  test('steps are taken together or not at all; the answer names the one that cannot be taken', async () => {
    const { store } = subject()
    const [role, id] = [nameOf('seller'), nameOf('shop')]
    const events = [marked('role.created'), marked('client.created'), marked('client.created')] as const
    const twice = newClient(id, events[2])
    const refused = await store.permissions.change([
      putRole(role, ['a'], events[0]),
      newClient(id, events[1]),
      twice,
    ])
    assert.equal(refused, twice)
    assert.deepEqual(await store.permissions.findRoles([role]), [])
    assert.equal(await store.clients.find(id), undefined)
    for (const event of events) assert.equal(await happened(store, event), 0, event.name)

    const steps: readonly PermissionStep[] = [
      { kind: 'role.remove', name: role, event: marked('role.removed') },
      { kind: 'scope.remove', name: nameOf('orders'), event: marked('scope.removed') },
      { kind: 'client.remove', id, event: marked('client.deleted') },
      { kind: 'client.change', id, change: { name: 'Two' }, event: marked('client.changed') },
    ]
    for (const step of steps) {
      assert.equal(
        await store.permissions.change([putRole(role, []), step]),
        step.kind === 'role.remove' ? undefined : step,
      )
      assert.equal(await happened(store, step.event), step.kind === 'role.remove' ? 1 : 0)
    }
    assert.deepEqual(await store.permissions.findRoles([role]), [])
  })

  test('clients are made, changed and removed as by their own verbs', async () => {
    const { store } = subject()
    const id = nameOf('shop')
    const event = eventOf('client.created', { clientId: id, data: { mark: newId() } })
    await change(store, newClient(id, event))
    const made = await store.clients.find(id)
    assert.equal(await happened(store, event), 1)
    await change(store, {
      kind: 'client.change',
      id,
      change: { scopes: [] },
      event: marked('client.changed'),
    })
    const changed = await store.clients.find(id)
    assert.ok((changed?.ver ?? 0) > (made?.ver ?? 0), 'it lost a scope')
    assert.equal((await entryOf(store, 'client', id))?.least, changed?.ver)
    await change(store, { kind: 'client.remove', id, event: marked('client.deleted') })
    assert.equal(await store.clients.find(id), undefined)
    const entry = await entryOf(store, 'client', id)
    assert.ok(entry !== undefined && entry.least === undefined)
    const again = newClient(id, marked('client.created'))
    assert.equal(await store.permissions.change([again]), again, 'its id is given to nobody')
  })
}
