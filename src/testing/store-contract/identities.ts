import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '../../model/user.ts'
import type { NewIdentity } from '../../store/identities.ts'
import type { Store } from '../../store/store.ts'
import { assertRefused, entryOf, eventOf, eventsOf, newId, newUser, signIn, signUp, tally } from './people.ts'
import { SECOND, type Subject } from './subject.ts'

const ISSUER = 'https://accounts.example.com'

function newIdentity(userId: string, more: Partial<NewIdentity> = {}): NewIdentity {
  return {
    id: newId(),
    userId,
    provider: 'work',
    issuer: ISSUER,
    subject: newId(),
    email: 'alice@example.com',
    ...more,
  }
}

const addedBy = (userId: string) => eventOf('identity.added', { userId })

async function add(store: Store, user: User, more: Partial<NewIdentity> = {}): Promise<NewIdentity> {
  const identity = newIdentity(user.id, more)
  const outcome = await store.identities.add({ ...identity, userEpoch: user.epoch }, addedBy(user.id))
  assert.equal(outcome, 'added')
  return identity
}

function remove(
  store: Store,
  { userId, id }: Pick<NewIdentity, 'userId' | 'id'>,
  more: { keepSessionId?: string; usable?: string[] } = {},
) {
  const { keepSessionId, usable = ['work', 'home'] } = more
  const event = eventOf('identity.removed', { userId })
  return store.identities.remove({ userId, id, keepSessionId, usable }, event)
}

export function testIdentities(subject: Subject): void {
  test('D2: an account elsewhere is found by issuer and subject, both to the letter, and by nothing else', async () => {
    const { store, other, advance } = subject()
    const user = await signUp(store)
    const identity = await add(store, user, { email: undefined })
    await advance(SECOND)
    const second = await add(store, user, {
      provider: 'home',
      issuer: `${ISSUER}/`,
      subject: identity.subject,
    })
    const found = await other.identities.find(identity.issuer, identity.subject)
    assert.deepEqual(found?.user, user)
    const { addedAt, ...rest } = found?.identity ?? { addedAt: 0 }
    assert.deepEqual(rest, identity)
    assert.ok(addedAt > 0)
    assert.equal((await store.identities.find(second.issuer, second.subject))?.identity.id, second.id)
    for (const [issuer, subject] of [
      [ISSUER.toUpperCase(), identity.subject],
      [ISSUER, identity.subject.toUpperCase()],
      [ISSUER, `${identity.subject} `],
      [ISSUER, ''],
      ['', identity.subject],
      [ISSUER, `${identity.subject}\0`],
    ] as const) {
      assert.equal(await store.identities.find(issuer, subject), undefined, JSON.stringify([issuer, subject]))
    }
    const listed = await store.identities.list(user.id)
    assert.deepEqual(
      listed.map(({ id }) => id),
      [identity.id, second.id],
    )
    assert.deepEqual(await store.identities.list('nobody'), [])
  })

  test('D2: it opens one account at most, however many ask at once', async () => {
    const { store, other } = subject()
    const user = await signUp(store)
    const identity = await add(store, user)
    const stranger = await signUp(store)
    for (const taker of [user, stranger]) {
      const again = { ...identity, id: newId(), userId: taker.id, userEpoch: taker.epoch }
      assert.equal(await store.identities.add(again, addedBy(taker.id)), 'taken')
    }
    const subjectOfAll = newId()
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const at = index % 2 === 0 ? store : other
        const taker = index % 3 === 0 ? user : stranger
        const one = newIdentity(taker.id, { subject: subjectOfAll })
        return at.identities.add({ ...one, userEpoch: taker.epoch }, addedBy(taker.id))
      }),
    )
    assert.deepEqual(tally(outcomes), { added: 1, taken: 7 })
    const events = [...(await eventsOf(store, user.id)), ...(await eventsOf(store, stranger.id))]
    assert.equal(events.filter((name) => name === 'identity.added').length, 2)
  })

  test('an account elsewhere is added to whom nothing has happened since they were read', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const late = { ...newIdentity(user.id), userEpoch: user.epoch - 1 }
    assert.equal(await store.identities.add(late, addedBy(user.id)), 'stale')
    await store.users.setState(user.id, 'disabled', eventOf('user.disabled', { userId: user.id }))
    const epoch = (await store.users.find(user.id))?.epoch ?? 0
    const closed = { ...newIdentity(user.id), userEpoch: epoch }
    assert.equal(await store.identities.add(closed, addedBy(user.id)), 'stale')
    const nobody = { ...newIdentity(newId()), userEpoch: epoch }
    assert.equal(await store.identities.add(nobody, addedBy(user.id)), 'stale')
    assert.deepEqual(await store.identities.list(user.id), [])
  })

  test('a new account comes with what opens it, or not at all', async () => {
    const { store, other } = subject()
    const create = (
      at: Store,
      user = newUser({ passwordHash: undefined }),
      more: Partial<NewIdentity> = {},
    ) =>
      at.identities.createAccount(
        user,
        newIdentity(user.id, more),
        eventOf('user.created', { userId: user.id }),
      )
    const user = newUser({ passwordHash: undefined })
    const made = await create(store, user)
    assert.equal(made.outcome, 'created')
    const [identity] = await store.identities.list(user.id)
    assert.equal(identity?.userId, user.id)
    assert.equal((await store.users.findAccountById(user.id))?.passwordHash, undefined)

    const { emailKey, email } = user
    const again = newUser({ email, emailKey })
    assert.deepEqual(await create(store, again), { outcome: 'taken', field: 'email' })
    const another = newUser()
    const taken = await create(store, another, { subject: identity?.subject ?? '' })
    assert.deepEqual(taken, { outcome: 'taken', field: 'identity' })
    for (const { id } of [again, another]) {
      assert.equal(await store.users.find(id), undefined)
      assert.deepEqual(await store.identities.list(id), [])
      assert.deepEqual(await eventsOf(store, id), [])
    }
    const same = newId()
    const raced = await Promise.all(
      [store, other, store, other].map((at) => create(at, newUser(), { subject: same })),
    )
    assert.deepEqual(tally(raced.map(({ outcome }) => outcome)), { created: 1, taken: 3 })
  })

  test('B7: an account elsewhere that is taken away ends every session but one', async () => {
    const { store, other } = subject()
    const here = await signIn(store)
    const there = await signIn(store, here.user)
    const identity = await add(store, here.user)
    const stranger = await signUp(store)
    assert.equal(await remove(store, { ...identity, userId: stranger.id }), 'none')
    assert.equal(await remove(store, { ...identity, id: newId() }), 'none')
    assert.equal(await remove(store, identity, { keepSessionId: here.session.id }), 'removed')
    assert.equal(await remove(store, identity), 'none')
    assert.equal(await other.identities.find(identity.issuer, identity.subject), undefined)
    assertRefused(await there.present(0), 'ended')
    assert.equal((await here.present(0)).verdict, 'rotate')
    assert.ok(await entryOf(store, 'user', here.user.id))
    const events = await eventsOf(store, here.user.id)
    assert.equal(events.filter((name) => name === 'identity.removed').length, 1)
  })

  test('the last way in is not taken away: a password, a passkey or another one that is usable has to be left', async () => {
    const { store, other } = subject()
    const user = await signUp(store, { passwordHash: undefined })
    const [one, two] = [await add(store, user), await add(store, user, { provider: 'home' })]
    assert.equal(await remove(store, one, { usable: ['work'] }), 'last')
    const both = await Promise.all([remove(store, one), remove(other, two)])
    assert.deepEqual(tally(both), { removed: 1, last: 1 })
    const [left] = await store.identities.list(user.id)
    assert.ok(left !== undefined)
    const changed = await store.users.find(user.id)
    const passkey = {
      userId: user.id,
      userEpoch: changed?.epoch ?? 0,
      keepSessionId: undefined,
      id: newId(),
      name: 'phone',
      credentialId: newId(),
      publicKey: 'cHVibGlj',
      counter: 0,
      transports: [],
      synced: false,
      recoveryCodes: [],
    }
    await store.factors.addPasskey(passkey, eventOf('passkey.added', { userId: user.id }))
    assert.equal(await remove(store, left), 'removed')
    assert.deepEqual(await store.identities.list(user.id), [])
  })

  test('an account elsewhere goes with the account, and is then free', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const identity = await add(store, user)
    await store.users.remove(user.id, eventOf('user.deleted', { userId: user.id }))
    assert.equal(await store.identities.find(identity.issuer, identity.subject), undefined)
    await add(store, await signUp(store), { subject: identity.subject })
  })

  test('of those who ask to exchange the tokens of a provider at once exactly one may, until it says so or its time is over', async () => {
    const { store, other, advance } = subject()
    const user = await signUp(store)
    const { id } = await add(store, user)
    const first = { id, userId: user.id, sealed: 's1.aaaaaaaa.first' }
    assert.equal(await store.identities.findTokens(user.id, 'work'), undefined)
    assert.equal(await store.identities.claimTokens(first, SECOND), false)
    const usesOf = async () => (await store.nodes.secretKeyUses()).aaaaaaaa ?? 0
    const uses = await usesOf()
    assert.equal(await store.identities.keepTokens(first), true)
    assert.equal(await usesOf(), uses + 1, 'the secret key is needed as long as they are')
    assert.equal(await store.identities.keepTokens({ ...first, id: newId() }), false)
    assert.deepEqual(await other.identities.findTokens(user.id, 'work'), first)
    assert.equal(await store.identities.findTokens(user.id, 'home'), undefined)

    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? store : other).identities.claimTokens(first, 5 * SECOND),
      ),
    )
    assert.equal(claims.filter(Boolean).length, 1)
    assert.equal(await store.identities.claimTokens(first, 5 * SECOND), false)
    const second = { ...first, sealed: 's1.bbbbbbbb.second' }
    assert.equal(await store.identities.replaceTokens(first, second.sealed), true)
    assert.equal(await store.identities.replaceTokens(first, 's1.bbbbbbbb.late'), false)
    assert.equal(await store.identities.claimTokens(first, SECOND), false, 'these are passed')
    assert.equal(await store.identities.claimTokens(second, SECOND), true)
    await advance(SECOND + 1)
    assert.equal(await store.identities.claimTokens(second, SECOND), true, 'whoever had it is gone')
    const under = await store.identities.listTokensNotUnder('aaaaaaaa', 1000)
    assert.ok(under.some((one) => one.sealed === second.sealed))
    const others = await store.identities.listTokensNotUnder('bbbbbbbb', 1000)
    assert.ok(!others.some((one) => one.id === id))
    assert.equal(await store.identities.replaceTokens(second, undefined), true)
    assert.equal(await store.identities.findTokens(user.id, 'work'), undefined)
  })
}
