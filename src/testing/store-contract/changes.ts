import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventName, NewEvent } from '../../audit/events.ts'
import type { Store } from '../../store/store.ts'
import { eventOf, given, type Holder, newId, newSession, newUser, signIn } from './people.ts'
import type { Subject } from './subject.ts'

/** Every verb that changes something and takes the event of its change. */
const CHANGES: readonly {
  readonly name: EventName
  readonly verb: string
  readonly make: (store: Store, holder: Holder, event: NewEvent) => Promise<unknown>
}[] = [
  {
    name: 'user.created',
    verb: 'users.create',
    make: ({ users }, _, event) => users.create(newUser(), event),
  },
  {
    name: 'user.renamed',
    verb: 'users.rename',
    make: ({ users }, { user }, event) =>
      users.rename(user.id, { username: 'New', usernameKey: `new-${newId()}` }, event),
  },
  {
    name: 'user.profile_changed',
    verb: 'users.changeProfile',
    make: ({ users }, { user }, event) => users.changeProfile(user.id, { changed: newId() }, event),
  },
  {
    name: 'user.password_rehashed',
    verb: 'users.replaceHash',
    make: async ({ users }, { user }, event) => {
      const account = await users.findAccountById(user.id)
      return users.replaceHash(user.id, account?.passwordHash ?? '', 'better', event)
    },
  },
  {
    name: 'user.password_changed',
    verb: 'users.setPassword',
    make: ({ users }, { user }, event) => users.setPassword(user.id, { hash: 'other' }, event),
  },
  {
    name: 'user.disabled',
    verb: 'users.setState',
    make: ({ users }, { user }, event) => users.setState(user.id, 'disabled', event),
  },
  {
    name: 'user.roles_changed',
    verb: 'users.setRoles',
    make: ({ users }, { user }, event) => users.setRoles(user.id, given(), event),
  },
  {
    name: 'user.deleted',
    verb: 'users.remove',
    make: ({ users }, { user }, event) => users.remove(user.id, event),
  },
  {
    name: 'session.started',
    verb: 'sessions.start',
    make: ({ sessions }, { user }, event) => sessions.start(newSession(user), event),
  },
  {
    name: 'session.ended',
    verb: 'sessions.end',
    make: ({ sessions }, { user, session }, event) =>
      sessions.end({ userId: user.id, id: session.id, why: 'logout' }, event),
  },
  {
    name: 'session.all_ended',
    verb: 'sessions.endAll',
    make: ({ sessions }, { user }, event) => sessions.endAll(user.id, { why: 'ended_by_user' }, event),
  },
  {
    name: 'token.revoked',
    verb: 'revocations.add',
    make: ({ revocations }, { user, session }, event) =>
      revocations.add(
        { kind: 'token', ref: newId(), least: undefined },
        { sessionId: session.id, userId: user.id },
        event,
      ),
  },
  {
    name: 'store.rolled_back',
    verb: 'revocations.restore',
    make: ({ revocations }, { session }, event) =>
      revocations.restore(
        [{ kind: 'session', ref: session.id, least: undefined, remainingMilliseconds: 60_000 }],
        event,
      ),
  },
  {
    name: 'key.changed',
    verb: 'keys.replace',
    make: async ({ keys }, { session }, event) => {
      const { version, keys: current } = await keys.ring()
      return keys.replace(version, current, event, [session.id])
    },
  },
]

/** Without the members that are undefined, for to leave one out says the same. */
function saidBy(event: unknown): unknown {
  return JSON.parse(JSON.stringify(event))
}

/** All that a change could touch. */
async function look(store: Store, { user, session }: Holder) {
  const { entries } = await store.revocations.pull()
  const { version, keys } = await store.keys.ring()
  return {
    account: await store.users.findAccountById(user.id),
    users: await store.users.count(),
    sessions: await store.sessions.list(user.id),
    entries: entries
      .filter(({ ref }) => ref === user.id || ref === session.id)
      .map(({ kind, least }) => [kind, least]),
    count: entries.length,
    ring: { version, keys },
    events: await store.events.list({ userId: user.id, limit: 100 }),
  }
}

export function testChanges(subject: Subject): void {
  for (const { name, verb, make } of CHANGES) {
    test(`${verb} makes its change and its event, or neither`, async () => {
      const { store } = subject()
      const holder = await signIn(store)
      const event = eventOf(name, { userId: holder.user.id, data: { mark: newId() } })
      const before = await look(store, holder)
      // An event that no database takes, for it does not say who acted.
      const broken = { ...event, origin: { actor: { kind: undefined } } } as unknown as NewEvent
      await assert.rejects(make(store, holder, broken))
      assert.deepEqual(await look(store, holder), before)

      await make(store, holder, event)
      const after = await look(store, holder)
      assert.notDeepEqual({ ...after, events: [] }, { ...before, events: [] })
      const [written, ...older] = after.events
      assert.deepEqual(saidBy(written), saidBy({ ...event, id: written?.id, at: written?.at }))
      assert.deepEqual(older, before.events)
    })
  }
}
