import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomSecret, systemRandom } from '../../base/random.ts'
import type { LinkPurpose } from '../../model/link.ts'
import type { User } from '../../model/user.ts'
import { MOST_LINKS, type NewLink } from '../../store/links.ts'
import type { Store } from '../../store/store.ts'
import { eventOf, newId, newUser, signUp, tally } from './people.ts'
import { HOUR, type Subject } from './subject.ts'

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

export async function mail(store: Store, ...links: NewLink[]): Promise<boolean> {
  return store.links.create(links, asked(links[0]?.userId ?? ''))
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

  test('a link that was mailed when its account had just gone opens nothing', async () => {
    const { store } = subject()
    const user = await signUp(store)
    await store.users.remove(user.id, eventOf('user.deleted', { userId: user.id }))
    const { links } = store
    const event = eventOf('user.email_verified', { userId: user.id })
    for (const [purpose, use] of [
      ['verify', (link) => links.verifyEmail(link, event)],
      ['reset', (link) => links.resetPassword(link, 'hash', event)],
      ['change_email', (link) => links.changeEmail(link, event)],
      ['keep_email', (link) => links.keepEmail({ ...link, lifeMilliseconds: HOUR }, event)],
    ] satisfies [LinkPurpose, (link: NewLink) => Promise<unknown>][]) {
      const link = newLink(user, purpose)
      assert.ok(await mail(store, link))
      assert.equal(await use(link), undefined, purpose)
    }
  })
}
