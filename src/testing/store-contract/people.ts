import assert from 'node:assert/strict'
import type { EventName, NewEvent, Origin } from '../../audit/events.ts'
import { randomId, randomSecret, systemRandom } from '../../base/random.ts'
import { FIRST_PARTY } from '../../model/client.ts'
import type { RefreshVerdict } from '../../model/refresh-decision.ts'
import type { User } from '../../model/user.ts'
import type { NewPasskey } from '../../store/factors.ts'
import type { NewSession, RefreshCall, RefreshOutcome } from '../../store/sessions.ts'
import type { Store } from '../../store/store.ts'
import type { NewUser } from '../../store/users.ts'
import { DAY, SECOND } from './subject.ts'

export const newId = (): string => randomId(systemRandom)

/** The place a session is started from, and refreshed from where a test does not say otherwise. */
export const HOME = { address: '192.0.2.7', network: '192.0.2.0/24', agent: 'Browser/1.0 (laptop)' } as const
export const ELSEWHERE = { address: '198.51.100.9', network: '198.51.100.0/24', agent: 'Script/9' } as const

export const WINDOW = 10 * SECOND

export function originOf(place: { readonly address: string; readonly agent: string } = HOME): Origin {
  return { actor: { kind: 'user' }, address: place.address, agent: place.agent, reference: newId() }
}

export function eventOf(name: EventName, more: Omit<Partial<NewEvent>, 'name'> = {}): NewEvent {
  return { name, origin: originOf(), ...more }
}

export function newUser(more: Partial<NewUser> = {}): NewUser {
  const id = newId()
  const email = `${id}@example.com`
  return {
    id,
    email,
    emailKey: email,
    emailVerified: false,
    username: undefined,
    usernameKey: undefined,
    passwordHash: `hash of ${id}`,
    roles: ['reader'],
    keptRoles: [],
    profile: {},
    ...more,
  }
}

/** Roles of the configuration: nobody looks for them. */
export const given = (...roles: readonly string[]) => ({ roles, keptRoles: [] })

export async function signUp(store: Store, more: Partial<NewUser> = {}): Promise<User> {
  const user = newUser(more)
  const created = await store.users.create(user, eventOf('user.created', { userId: user.id }))
  assert.equal(created.outcome, 'created')
  return created.user
}

export function newSession(user: User, more: Partial<NewSession> = {}): NewSession {
  return {
    id: newId(),
    userId: user.id,
    clientId: FIRST_PARTY,
    secretHash: randomSecret(systemRandom),
    keyId: 'a1b2c3d4',
    userEpoch: user.epoch,
    scope: ['orders:read', 'orders:write'],
    resources: ['https://api.example.com'],
    amr: ['pwd'],
    ...HOME,
    idleMilliseconds: 7 * DAY,
    lifeMilliseconds: 30 * DAY,
    ...more,
  }
}

/** A session from the side of whoever holds its refresh token. */
export interface Holder {
  readonly user: User
  readonly session: NewSession
  /** Presents the token of a generation. */
  present(generation: number, more?: Partial<RefreshCall>): Promise<RefreshOutcome>
}

export async function signIn(
  store: Store,
  user: User | undefined = undefined,
  more: Partial<NewSession> = {},
): Promise<Holder> {
  const owner = user ?? (await signUp(store))
  const session = newSession(owner, more)
  const event = eventOf('session.started', { userId: owner.id, sessionId: session.id })
  assert.equal((await store.sessions.start(session, event)).outcome, 'started')
  return {
    user: owner,
    session,
    present: (generation, call = {}) => store.sessions.refresh({ ...callOf(session, generation), ...call }),
  }
}

export function callOf(session: NewSession, generation: number): RefreshCall {
  return {
    userId: session.userId,
    sessionId: session.id,
    clientId: session.clientId,
    secretHash: session.secretHash,
    generation,
    attempt: undefined,
    reuseWindowMilliseconds: WINDOW,
    idleMilliseconds: session.idleMilliseconds,
    writingKeyId: session.keyId,
    clockUnsure: false,
    onReuse: 'session',
    network: HOME.network,
    origin: originOf(),
  }
}

export type AnsweredOutcome = Extract<RefreshOutcome, { readonly generation: number }>

/** Asserts that a token of this generation was given out, and why. */
export function assertGiven(
  outcome: RefreshOutcome,
  verdict: AnsweredOutcome['verdict'],
  generation: number,
): AnsweredOutcome {
  assert.equal(outcome.verdict, verdict)
  assert.ok('generation' in outcome)
  assert.equal(outcome.generation, generation)
  return outcome
}

/** Asserts that no token was given out, and why. */
export function assertRefused(outcome: RefreshOutcome, verdict: RefreshVerdict): void {
  assert.equal(outcome.verdict, verdict)
  assert.ok(!('generation' in outcome) && !('facts' in outcome) && !('user' in outcome))
}

/** The names of what happened to a user, oldest first. */
export async function eventsOf(store: Store, userId: string): Promise<EventName[]> {
  const events = await store.events.list({ userId, limit: 1000 })
  return events.map(({ name }) => name).reverse()
}

/** The live entry about one thing; the strongest, should there be several. */
export async function entryOf(store: Store, kind: string, ref: string) {
  const { entries } = await store.revocations.pull()
  const found = entries.filter((entry) => entry.kind === kind && entry.ref === ref)
  return (
    found.find(({ least }) => least === undefined) ?? found.sort((a, b) => (b.least ?? 0) - (a.least ?? 0))[0]
  )
}

export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

export function newRecoveryCodes(): string[] {
  return Array.from({ length: 10 }, () => randomSecret(systemRandom))
}

export function newPasskey(user: User, more: Partial<NewPasskey> = {}): NewPasskey {
  return {
    userId: user.id,
    userEpoch: user.epoch,
    keepSessionId: undefined,
    id: newId(),
    name: 'laptop "1"',
    credentialId: randomSecret(systemRandom),
    publicKey: 'cHVibGlj',
    counter: 0,
    transports: ['internal', 'hybrid'],
    synced: true,
    recoveryCodes: [],
    ...more,
  }
}
