import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomSecret, systemRandom } from '../../base/random.ts'
import { FIRST_PARTY } from '../../model/client.ts'
import type { LinkPurpose } from '../../model/link.ts'
import type { User } from '../../model/user.ts'
import { MOST_LINKS, type NewLink, type WaitingInvitation } from '../../store/links.ts'
import type { Store } from '../../store/store.ts'
import { assertRefused, entryOf, eventOf, eventsOf, newId, newUser, signIn, signUp, tally } from './people.ts'
import { DAY, HOUR, MINUTE, SECOND, type Subject } from './subject.ts'

export function newLink(
  user: Pick<User, 'id' | 'email'>,
  purpose: LinkPurpose,
  more: Partial<NewLink> = {},
): NewLink {
  return {
    purpose,
    userId: user.id,
    hash: randomSecret(systemRandom),
    email: user.email,
    emailKey: user.email,
    lifeMilliseconds: HOUR,
    facts: {},
    keptRoles: [],
    ...more,
  }
}

const asked = (userId: string) => eventOf('user.reset_asked', { userId })

async function mail(store: Store, ...links: NewLink[]): Promise<boolean> {
  return store.links.create(links, asked(links[0]?.userId ?? ''))
}

async function addPasskey(store: Store, user: User): Promise<string> {
  const passkey = {
    userId: user.id,
    userEpoch: user.epoch,
    keepSessionId: undefined,
    id: newId(),
    name: 'laptop',
    credentialId: randomSecret(systemRandom),
    publicKey: 'cHVibGlj',
    counter: 0,
    transports: [],
    synced: true,
    recoveryCodes: [],
  }
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

/** Every way to use a link; the answer says whether it worked. */
const USES: readonly {
  readonly purpose: LinkPurpose
  readonly use: (store: Store, link: NewLink) => Promise<unknown>
}[] = [
  {
    purpose: 'register',
    use: ({ links }, link) =>
      links.createAccount(link, newUser({ id: link.userId }), eventOf('user.created')),
  },
  { purpose: 'verify', use: ({ links }, link) => links.verifyEmail(link, eventOf('user.email_verified')) },
  {
    purpose: 'reset',
    use: ({ links }, link) => links.resetPassword(link, 'new', eventOf('user.password_changed')),
  },
  {
    purpose: 'change_email',
    use: ({ links }, link) => links.changeEmail(link, eventOf('user.email_changed')),
  },
  { purpose: 'keep_email', use: ({ links }, link) => links.keepEmail(link, eventOf('user.email_kept')) },
]

export function testLinks(subject: Subject): void {
  for (const { purpose, use } of USES) {
    test(`E12: of 50 who use one ${purpose} link at once, exactly one wins; it is good for nothing else, nobody else and not for ever`, async () => {
      const { store, other, advance } = subject()
      const owner = async () => (purpose === 'register' ? newUser() : signUp(store))
      const user = await owner()
      const link = newLink(user, purpose)
      assert.ok(await mail(store, link))
      for (const another of USES.filter((one) => one.purpose !== purpose)) {
        assert.equal(await another.use(store, link), undefined, another.purpose)
      }
      const stranger = await signUp(store)
      for (const wrong of [{ hash: randomSecret(systemRandom) }, { userId: stranger.id }, { userId: 'x' }]) {
        assert.equal(await use(store, { ...link, ...wrong }), undefined)
      }
      assert.equal((await other.links.find(link))?.purpose, purpose)
      const stores = [store, other]
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const used = await use(stores[index % 2] ?? store, link)
          return used === undefined ? 'lost' : 'won'
        }),
      )
      assert.deepEqual(tally(outcomes), { won: 1, lost: 49 })
      assert.equal(await store.links.find(link), undefined)

      const late = newLink(await owner(), purpose)
      assert.ok(await mail(store, late))
      await advance(HOUR + 1)
      assert.equal(await use(store, late), undefined)
      assert.equal(await store.links.find(late), undefined)
    })
  }

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

  test('E12: links for the credentials die with any change of password or address', async () => {
    const { store } = subject()
    for (const purpose of ['reset', 'verify', 'change_email'] as const) {
      const user = await signUp(store)
      const elsewhere =
        purpose === 'change_email' ? { email: `${newId()}@example.com`, emailKey: newId() } : {}
      const link = newLink(user, purpose, elsewhere)
      assert.ok(await mail(store, link))
      assert.equal((await store.links.find(link))?.purpose, purpose)
      await store.users.setPassword(user.id, { hash: 'other' }, eventOf('user.password_changed'))
      assert.equal(await store.links.find(link), undefined, `${purpose} after a new password`)

      const again = newLink(user, purpose, elsewhere)
      const change = newLink(user, 'change_email', { email: `${newId()}@example.com`, emailKey: newId() })
      assert.ok(await mail(store, again, change))
      assert.equal((await store.links.changeEmail(change, eventOf('user.email_changed')))?.outcome, 'changed')
      assert.equal(await store.links.find(again), undefined, `${purpose} after a new address`)
      if (purpose === 'change_email') continue
      const late = newLink(user, purpose)
      assert.ok(await mail(store, late))
      assert.equal(await store.links.find(late), undefined, `${purpose} mailed to the former address`)
    }
  })

  test('E12, B7: a link that was asked for before the credentials became void is void when it is made', async () => {
    const { store } = subject()
    const { id: userId, epoch: userEpoch } = await signUp(store)
    const voided = await store.users.setPassword(userId, { hash: 'other' }, eventOf('user.password_changed'))
    assert.ok(voided)
    const to = { email: `${newId()}@example.com`, emailKey: newId() }
    const [late, again] = [userEpoch, voided.epoch].map((epoch) =>
      newLink(voided, 'change_email', { ...to, userEpoch: epoch }),
    )
    assert.ok(late && again && (await mail(store, late, again)))
    assert.equal(await store.links.find(late), undefined)
    assert.equal(await store.links.changeEmail(late, eventOf('user.email_changed', { userId })), undefined)
    assert.equal((await store.links.find(again))?.purpose, 'change_email')
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

  test('an address that somebody else has by now is not given to two, and the link stays', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const email = `${newId()}@example.com`
    const change = newLink(user, 'change_email', { email, emailKey: email })
    const keep = newLink(user, 'keep_email', { email, emailKey: email })
    const person = newUser()
    const register = newLink(person, 'register')
    assert.ok(await mail(store, change, keep, register))
    await signUp(store, { email, emailKey: email })
    const taken = { outcome: 'taken', field: 'email' }
    const event = eventOf('user.email_changed', { userId: user.id })
    assert.deepEqual(await store.links.changeEmail(change, event), taken)
    assert.deepEqual(await store.links.keepEmail(keep, event), taken)
    assert.deepEqual(
      await store.links.createAccount(register, { ...person, email, emailKey: email }, event),
      taken,
    )
    for (const link of [change, keep, register]) assert.notEqual(await store.links.find(link), undefined)
    assert.equal((await store.users.find(user.id))?.email, user.email)
    const created = await store.links.createAccount(register, person, eventOf('user.created'))
    assert.equal(created?.outcome, 'created')
  })

  test('an invitation makes the account that it is for', async () => {
    const { store } = subject()
    const person = newUser({ emailVerified: true })
    const link = newLink(person, 'invite', { facts: { roles: ['reader'] } })
    assert.ok(await mail(store, link))
    assert.deepEqual((await store.links.find(link))?.facts, { roles: ['reader'] })
    const created = await store.links.createAccount(link, person, eventOf('user.created'))
    assert.ok(created?.outcome === 'created')
    assert.equal(created.user.emailVerified, true)
  })

  test('invitations to an address are withdrawn, all of them, and nothing else of that address or of others', async () => {
    const { store, other } = subject()
    const person = newUser()
    const first = newLink(person, 'invite')
    const second = newLink({ ...person, id: newId() }, 'invite')
    const [register, stranger] = [newLink(person, 'register'), newLink(newUser(), 'invite')]
    assert.ok(await mail(store, first, second, register, stranger))
    const event = eventOf('user.invitation_withdrawn', { data: { mark: newId() } })
    assert.equal(await other.links.withdrawInvitations(person.emailKey, event), 2)
    for (const gone of [first, second]) {
      assert.equal(await store.links.find(gone), undefined)
      assert.equal(await store.links.createAccount(gone, person, eventOf('user.created')), undefined)
    }
    for (const left of [register, stranger]) assert.ok(await store.links.find(left))
    assert.equal(await store.links.withdrawInvitations(person.emailKey, event), 0)
    const written = await store.events.list({ name: 'user.invitation_withdrawn', limit: 100 })
    assert.equal(written.filter(({ data }) => data?.mark === event.data?.mark).length, 1)
  })

  test('invitations that wait are listed by address and page by page; what ended, was used or taken back is not among them', async () => {
    const { store, other, advance } = subject()
    const mark = newId()
    const inviteTo = (name: string, more: Partial<NewLink> = {}) => {
      const email = `${mark}-${name}@example.com`
      return newLink({ id: newId(), email: email.toUpperCase() }, 'invite', { emailKey: email, ...more })
    }
    const [ended, used, back] = [inviteTo('a', { lifeMilliseconds: SECOND }), inviteTo('b'), inviteTo('c')]
    const [late, first, second] = [
      inviteTo('f'),
      inviteTo('d', { facts: { roles: ['reader'] } }),
      inviteTo('e'),
    ]
    const again = inviteTo('e')
    for (const link of [ended, used, back, late, first, second, again]) assert.ok(await mail(store, link))
    assert.ok(await mail(store, { ...inviteTo('e'), purpose: 'register' }))
    await advance(2 * SECOND)
    const person = newUser({ id: used.userId, email: used.email, emailKey: used.emailKey })
    assert.equal((await store.links.createAccount(used, person, eventOf('user.created')))?.outcome, 'created')
    await store.links.withdrawInvitations(back.emailKey, eventOf('user.invitation_withdrawn'))

    const start = { emailKey: mark, userId: first.userId }
    const all = await other.links.invitations({ after: start, limit: 4 })
    const twice = [second, again].sort((a, b) => (a.userId < b.userId ? -1 : 1))
    assert.deepEqual(
      all.map(({ userId }) => userId),
      [first, ...twice, late].map(({ userId }) => userId),
    )
    const { userId, email, emailKey, facts } = first
    const { endsAt = 0, ...rest } = all[0] ?? {}
    assert.deepEqual(rest, { userId, email, emailKey, facts })
    const [created] = await store.events.list({ name: 'user.invitation_withdrawn', limit: 1 })
    assert.ok(Math.abs(endsAt - HOUR - (created?.at ?? 0)) < MINUTE)

    const paged: WaitingInvitation[] = []
    for (const _ of all) {
      paged.push(...(await store.links.invitations({ after: paged.at(-1) ?? start, limit: 1 })))
      // Whoever reads on is not stopped by what was taken back meanwhile.
      await store.links.withdrawInvitations(first.emailKey, eventOf('user.invitation_withdrawn'))
    }
    assert.deepEqual(paged, all)
    const fromTheStart = await store.links.invitations({ limit: 1000 })
    assert.ok(fromTheStart.some(({ userId: id }) => id === late.userId))
  })

  test('a mailbox is not flooded: few links of one purpose to one address wait at a time', async () => {
    const { store, other, advance } = subject()
    const user = await signUp(store)
    const stores = [store, other]
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, index) => mail(stores[index % 2] ?? store, newLink(user, 'reset'))),
    )
    assert.deepEqual(tally(made.map(String)), { true: MOST_LINKS, false: 12 - MOST_LINKS })
    assert.equal(await mail(store, newLink(user, 'verify')), true, 'another purpose')
    assert.equal(await mail(store, newLink(user, 'keep_email'), newLink(user, 'reset')), false, 'all or none')
    await advance(HOUR + 1)
    assert.equal(await mail(store, newLink(user, 'reset')), true)
  })

  test('of registrations of one address the oldest gives way, so that strangers keep nobody from theirs', async () => {
    const { store, other, advance } = subject()
    const email = `${newId()}@example.com`
    const links = []
    for (let index = 0; index < MOST_LINKS + 2; index++) {
      const link = newLink(newUser({ email, emailKey: email }), 'register')
      assert.equal(await mail(index % 2 === 0 ? store : other, link), true)
      links.push(link)
      await advance(1000)
    }
    const standing = []
    for (const link of links) standing.push((await store.links.find(link)) !== undefined)
    assert.deepEqual(standing, [false, false, ...Array<boolean>(MOST_LINKS).fill(true)])
  })

  test('links go with their account', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const link = newLink(user, 'keep_email')
    assert.ok(await mail(store, link))
    await store.users.remove(user.id, eventOf('user.deleted', { userId: user.id }))
    assert.equal(await store.links.find(link), undefined)
  })
}
