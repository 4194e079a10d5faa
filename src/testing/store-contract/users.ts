import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  assertGiven,
  entryOf,
  eventOf,
  eventsOf,
  given,
  newId,
  newUser,
  signIn,
  signUp,
  tally,
} from './people.ts'
import type { Subject } from './subject.ts'

/** Values that would do harm if they ever became part of a statement, or were read as a pattern or a parameter. */
const AWKWARD = [
  `'; DROP TABLE cs_users; --`,
  `' OR '1'='1`,
  `" OR ""="`,
  `\\'; SELECT 1; --`,
  '%',
  '_',
  '*',
  '?',
  '$1',
  ':id',
  '@id',
  '{}',
  'NULL',
  'true',
  '0',
  '',
  ' ',
  '名前 🗝️ ‮',
  `${'x'.repeat(5000)}'`,
]

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

  test('B7: an account that was closed elsewhere is closed from its first moment', async () => {
    const { store } = subject()
    const user = await signUp(store, { state: 'disabled' })
    assert.equal(user.state, 'disabled')
    assert.equal((await store.users.find(user.id))?.state, 'disabled')
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

  test('B7: losing a role raises ver with its entry; gaining one does not', async () => {
    const { store } = subject()
    const user = await signUp(store, { roles: ['reader'] })
    const event = eventOf('user.roles_changed', { userId: user.id })
    const more = await store.users.setRoles(user.id, given('admin', 'reader'), event)
    assert.deepEqual([more?.roles, more?.ver], [['admin', 'reader'], user.ver])
    assert.equal(await entryOf(store, 'user', user.id), undefined)

    const less = await store.users.setRoles(user.id, given('reader'), event)
    assert.ok(less !== undefined && less.ver > user.ver)
    assert.equal(less.epoch, user.epoch)
    assert.equal((await entryOf(store, 'user', user.id))?.least, less.ver)

    const other = await store.users.setRoles(user.id, given('writer'), event)
    assert.ok(other !== undefined && other.ver > less.ver, 'one for another is a loss')
    assert.equal((await entryOf(store, 'user', user.id))?.least, other.ver)
  })

  test('E15: to get a role that is to be signed in with anew voids every session of before; to keep it does not', async () => {
    const { store } = subject()
    const { user, present } = await signIn(store)
    const event = eventOf('user.roles_changed', { userId: user.id })
    const change = (...roles: string[]) =>
      store.users.setRoles(user.id, { ...given(...roles), takenAnew: ['admin', 'keeper'] }, event)
    assert.equal((await change('reader', 'writer'))?.epoch, user.epoch)
    assertGiven(await present(0), 'rotate', 1)
    const got = await change('reader', 'writer', 'admin')
    assert.ok(got !== undefined && got.epoch > user.epoch && got.ver > user.ver)
    assert.equal((await entryOf(store, 'user', user.id))?.least, got.ver)
    assert.equal((await present(1)).verdict, 'ended')
    const kept = await change('admin', 'reader', 'writer')
    assert.deepEqual([kept?.epoch, kept?.ver], [got.epoch, got.ver])
    const less = await change('reader')
    assert.deepEqual([less?.epoch, (less?.ver ?? 0) > got.ver], [got.epoch, true])
  })

  test('B7: a removed user is gone with their sessions, and their tokens end without comparison', async () => {
    const { store } = subject()
    const { user, session, present } = await signIn(store)
    assert.equal(await store.users.remove(user.id, eventOf('user.deleted', { userId: user.id })), true)
    assert.equal(await store.users.find(user.id), undefined)
    assert.equal(await store.users.findAccount(user.email), undefined)
    assert.deepEqual(await store.sessions.list(user.id), [])
    assert.equal((await present(0)).verdict, 'unknown')
    const stale = await store.sessions.start({ ...session, id: newId() }, eventOf('session.started'))
    assert.equal(stale.outcome, 'stale')
    const entry = await entryOf(store, 'user', user.id)
    assert.ok(entry !== undefined && entry.least === undefined)
    assert.deepEqual(await eventsOf(store, user.id), ['user.created', 'session.started', 'user.deleted'])
    assert.equal(await store.users.remove(user.id, eventOf('user.deleted')), false)
  })

  test('B7: a removal that was asked for under an older epoch removes nothing', async () => {
    const { store } = subject()
    const { id, epoch: userEpoch } = await signUp(store)
    const reset = await store.users.setPassword(id, { hash: 'reset' }, eventOf('user.password_changed'))
    assert.ok(reset)
    const { session, present } = await signIn(store, reset)
    const event = eventOf('user.deleted', { userId: id })
    assert.equal(await store.users.remove(id, event, userEpoch), false)
    assert.deepEqual(await store.users.find(id), reset)
    assert.deepEqual(await store.sessions.list(id).then((all) => all.map((one) => one.id)), [session.id])
    assertGiven(await present(0), 'rotate', 1)
    assert.equal((await entryOf(store, 'user', id))?.least, reset.ver)
    assert.ok(!(await eventsOf(store, id)).includes('user.deleted'))
    assert.equal(await store.users.remove(id, event, reset.epoch), true)
    assert.deepEqual([await store.users.find(id), await store.sessions.list(id)], [undefined, []])
  })

  test('G-12: values are values, whatever they look like', async () => {
    const { store } = subject()
    const user = await signUp(store)
    for (const text of AWKWARD) {
      const key = `${text}${user.id}`
      const event = eventOf('user.renamed', { userId: user.id, data: { text } })
      const renamed = await store.users.rename(user.id, { username: text, usernameKey: key }, event)
      assert.equal(renamed?.outcome, 'renamed')
      assert.equal(renamed.user.username, text)
      assert.equal((await store.users.findAccount(key))?.user.id, user.id)
      assert.equal(await store.users.findAccount(text), undefined)
      assert.equal(await store.users.find(text), undefined)
      assert.deepEqual((await store.users.changeProfile(user.id, { text }, event))?.profile, { text })
      assert.deepEqual((await store.users.setRoles(user.id, given(text, 'x'), event))?.roles, [text, 'x'])
      const [last] = await store.events.list({ userId: user.id, limit: 1 })
      assert.deepEqual(last?.data, { text })
      assert.deepEqual(await store.sessions.list(text), [])
      assert.equal(await store.oneTime.take(text, key, 1000), 'won')
      assert.equal(await store.oneTime.take(text, `${key}.`, 1000), 'won')
    }
  })

  test('G-12: what is not text where text is due finds nothing', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const strangers: unknown[] = [{ $ne: '' }, { $gt: '' }, [user.id], [user.email], { id: user.id }, true, 1]
    for (const stranger of strangers) {
      for (const find of [store.users.find, store.users.findAccount, store.users.findAccountById]) {
        // What no type check stops: input that nobody parsed.
        const found = await find(stranger as string).catch(() => undefined)
        assert.equal(found, undefined)
      }
    }
  })
}
