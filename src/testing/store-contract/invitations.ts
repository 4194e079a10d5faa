import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewLink, WaitingInvitation } from '../../store/links.ts'
import { mail, newLink } from './links.ts'
import { eventOf, newId, newUser } from './people.ts'
import { HOUR, MINUTE, SECOND, type Subject } from './subject.ts'

export function testInvitations(subject: Subject): void {
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
}
