import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entryOf, eventOf, eventsOf, given, newId, newUser, signUp, tally } from './people.ts'
import type { Subject } from './subject.ts'

export function testUsers(subject: Subject): void {
  test('G-10: a profile is changed from what it was thought to be, or not at all; of twenty at once each builds on the one before', async () => {
    const { store, other } = subject()
    const { id } = await signUp(store, { profile: { name: 'Anna', credit: 5, tags: ['a'], '10': '\u0000' } })
    const event = eventOf('user.profile_changed', { userId: id })
    const before = (await store.users.find(id))?.profile ?? {}
    assert.equal(
      await store.users.changeProfile(id, { name: 'Eve' }, event, { ...before, credit: 6 }),
      undefined,
    )
    assert.deepEqual((await store.users.find(id))?.profile, before)
    const add = async (verbs: typeof store.users): Promise<void> => {
      const from = (await verbs.find(id))?.profile ?? {}
      const changed = await verbs.changeProfile(id, { ...from, credit: Number(from.credit) + 1 }, event, from)
      if (changed === undefined) await add(verbs)
    }
    await Promise.all(Array.from({ length: 20 }, (_, index) => add((index % 2 ? store : other).users)))
    assert.deepEqual((await store.users.find(id))?.profile, { ...before, credit: 25 })
  })

  test('a user is stored whole and found by id, address and name', async () => {
    const { store } = subject()
    const given = newUser({
      username: 'Anna',
      usernameKey: `anna-${newId()}`,
      emailVerified: true,
      roles: ['reader', 'admin'],
      profile: { name: 'Anna O’Neil', tags: ['a', 'b'], nested: { deep: [1, null, true] } },
    })
    const created = await store.users.create(given, eventOf('user.created', { userId: given.id }))
    assert.equal(created.outcome, 'created')
    const { user } = created
    const { emailKey, usernameKey, passwordHash, keptRoles, ...rest } = given
    assert.deepEqual(user, {
      ...rest,
      state: 'active',
      ver: user.ver,
      epoch: user.epoch,
      createdAt: user.createdAt,
      updatedAt: user.createdAt,
    })
    assert.deepEqual(await store.users.find(user.id), user)
    for (const account of [
      await store.users.findAccount(emailKey),
      await store.users.findAccount(usernameKey ?? ''),
      await store.users.findAccountById(user.id),
    ]) {
      assert.deepEqual(account, { user, passwordHash })
    }
    assert.deepEqual(await eventsOf(store, user.id), ['user.created'])
  })

  test('a user may have neither name nor password', async () => {
    const { store } = subject()
    const one = await signUp(store, { passwordHash: undefined })
    await signUp(store, { passwordHash: undefined })
    assert.equal(one.username, undefined)
    assert.equal((await store.users.findAccountById(one.id))?.passwordHash, undefined)
  })

  test('who was never there is not found, and nothing happens to them', async () => {
    const { store } = subject()
    const { users } = store
    const id = newId()
    const event = eventOf('user.renamed', { userId: id })
    assert.equal(await users.find(id), undefined)
    assert.equal(await users.findAccount(id), undefined)
    assert.equal(await users.findAccountById(id), undefined)
    assert.equal(await users.rename(id, { username: id, usernameKey: id }, event), undefined)
    assert.equal(await users.changeProfile(id, {}, event), undefined)
    assert.equal(await users.replaceHash(id, 'a', 'b', event), false)
    assert.equal(await users.setPassword(id, { hash: 'b' }, event), undefined)
    assert.equal(await users.setState(id, 'disabled', event), undefined)
    assert.equal(await users.setRoles(id, given(), event), undefined)
    assert.equal(await users.remove(id, event), false)
    assert.deepEqual(await eventsOf(store, id), [])
    assert.equal(await entryOf(store, 'user', id), undefined)
  })

  test('an address and a name belong to one user; the other leaves no trace', async () => {
    const { store } = subject()
    const usernameKey = `held-${newId()}`
    const { email } = await signUp(store, { username: 'Held', usernameKey })
    const count = await store.users.count()
    for (const [field, more] of [
      ['email', { emailKey: email }],
      ['username', { username: 'HELD', usernameKey }],
      ['email', { emailKey: email, username: 'HELD', usernameKey }],
    ] as const) {
      const user = newUser(more)
      const event = eventOf('user.created', { userId: user.id })
      assert.deepEqual(await store.users.create(user, event), { outcome: 'taken', field })
      assert.equal(await store.users.find(user.id), undefined)
      assert.deepEqual(await eventsOf(store, user.id), [])
    }
    assert.equal(await store.users.count(), count)
  })

  test('of many who ask for one address at once one gets it', async () => {
    const { store, other } = subject()
    const stores = [store, other]
    const emailKey = `${newId()}@example.com`
    const outcomes = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        stores[index % 2]?.users.create(newUser({ emailKey }), eventOf('user.created')),
      ),
    )
    assert.deepEqual(tally(outcomes.map((outcome) => outcome?.outcome ?? '')), { created: 1, taken: 15 })
  })

  test('a new name is taken up, and the old one is free again', async () => {
    const { store } = subject()
    const [old, next] = [`old-${newId()}`, `next-${newId()}`]
    const user = await signUp(store, { username: 'Old', usernameKey: old })
    const holder = await signUp(store, { username: 'Held', usernameKey: `held-${newId()}` })
    const event = eventOf('user.renamed', { userId: user.id })
    const renamed = await store.users.rename(user.id, { username: 'Next', usernameKey: next }, event)
    assert.equal(renamed?.outcome, 'renamed')
    assert.equal(renamed.user.username, 'Next')
    assert.deepEqual([renamed.user.ver, renamed.user.epoch], [user.ver, user.epoch])
    assert.equal(await store.users.findAccount(old), undefined)
    assert.equal((await store.users.findAccount(next))?.user.id, user.id)

    const other = { username: 'NEXT', usernameKey: next }
    assert.deepEqual(
      await store.users.rename(holder.id, other, eventOf('user.renamed', { userId: holder.id })),
      {
        outcome: 'taken',
        field: 'username',
      },
    )
    assert.equal((await store.users.find(holder.id))?.username, 'Held')
    assert.deepEqual(await eventsOf(store, holder.id), ['user.created'])
    assert.equal(
      (await store.users.rename(user.id, other, event))?.outcome,
      'renamed',
      'the own name, respelt',
    )
    await signUp(store, { username: 'Old', usernameKey: old })
  })

  test('a profile is replaced; a better hash only where it is still the old one', async () => {
    const { store } = subject()
    const user = await signUp(store, { passwordHash: 'weak' })
    const changed = await store.users.changeProfile(
      user.id,
      { colour: 'blue' },
      eventOf('user.profile_changed', { userId: user.id }),
    )
    assert.deepEqual(changed?.profile, { colour: 'blue' })
    const event = eventOf('user.password_rehashed', { userId: user.id })
    assert.equal(await store.users.replaceHash(user.id, 'other', 'strong', event), false)
    assert.equal(await store.users.replaceHash(user.id, 'weak', 'strong', event), true)
    assert.equal(await store.users.replaceHash(user.id, 'weak', 'strongest', event), false)
    const account = await store.users.findAccountById(user.id)
    assert.equal(account?.passwordHash, 'strong')
    assert.deepEqual([account.user.ver, account.user.epoch], [user.ver, user.epoch])
    assert.deepEqual(await eventsOf(store, user.id), [
      'user.created',
      'user.profile_changed',
      'user.password_rehashed',
    ])
    assert.equal(await entryOf(store, 'user', user.id), undefined)
  })

  test('users are listed oldest first, page by page, by state if asked', async () => {
    const { store, advance } = subject()
    const before = await store.users.count()
    const ids: string[] = []
    for (let index = 0; index < 5; index += 1) {
      ids.push((await signUp(store)).id)
      await advance(2)
    }
    assert.equal(await store.users.count(), before + 5)
    await store.users.setState(ids[1] ?? '', 'disabled', eventOf('user.disabled'))

    const pages: string[] = []
    for (let after: string | undefined, full = true; full; ) {
      const page = await store.users.list({ limit: 3, ...(after !== undefined && { after }) })
      pages.push(...page.map(({ id }) => id))
      after = page.at(-1)?.id
      full = page.length === 3
    }
    assert.equal(pages.length, before + 5)
    assert.deepEqual(
      pages.filter((id) => ids.includes(id)),
      ids,
    )
    const disabled = await store.users.list({ limit: 1000, state: 'disabled' })
    assert.deepEqual(
      disabled.map(({ id }) => id).filter((id) => ids.includes(id)),
      [ids[1]],
    )
    const active = await store.users.list({ limit: 1000, state: 'active' })
    assert.ok(!active.some(({ id }) => id === ids[1]))

    const last = ids.at(-1) ?? ''
    assert.deepEqual(await store.users.list({ limit: 3, after: last }), [])
    await store.users.remove(last, eventOf('user.deleted', { userId: last }))
    const behindNobody = store.users.list({ limit: 3, after: last })
    await assert.rejects(behindNobody, { code: 'NOT_FOUND' }, 'not the end: nobody knows what comes after')
  })
}
