import type { NewEvent, Origin } from './audit/events.ts'
import type { Auth } from './auth.ts'
import { isUuid } from './base/uuid.ts'
import type { Accounts } from './login/accounts.ts'
import { loginKey } from './model/account-name.ts'
import { listedFactors } from './model/second-factor.ts'
import type { Store } from './store/store.ts'

/** What code of the application can do with accounts, sessions and events; also inside a transaction of its own. */
export interface OwnCode extends Pick<Auth, 'users' | 'events'> {
  readonly sessions: Omit<Auth['sessions'], 'start'>
}

export interface OwnCodeParts {
  /** Where undefined the owner is not told: what has not been committed may not have happened. */
  readonly resetFactors?: (userId: string, origin: Origin) => Promise<boolean>
  readonly store: Pick<Store, 'users' | 'factors' | 'events'> & {
    readonly sessions: Pick<Store['sessions'], 'list' | 'end' | 'endAll'>
  }
  readonly accounts: Accounts
  readonly revocationsChanged: () => Promise<void>
  /** Runs work once everything is connected. */
  readonly whenReady: <Value>(work: () => Promise<Value>) => Promise<Value>
}

/** The verbs of the contract, each with who did it. Whether they may is the application's to say. */
export function forOwnCode(parts: OwnCodeParts): OwnCode {
  const { store, accounts, revocationsChanged, whenReady } = parts
  const resetQuietly = async (userId: string, origin: Origin): Promise<boolean> => {
    const reset = await store.factors.reset(userId, { name: 'user.factors_reset', origin, userId })
    await revocationsChanged()
    return reset
  }
  const { resetFactors = resetQuietly } = parts
  return {
    sessions: {
      list: (userId) => whenReady(() => store.sessions.list(userId)),
      end: (userId, sessionId, by) =>
        whenReady(async () => {
          const event = { name: 'session.ended', origin: originOf(by), userId, sessionId } as const
          const ended = await store.sessions.end({ userId, id: sessionId, why: 'ended_by_admin' }, event)
          await revocationsChanged()
          return ended
        }),
      endAll: (userId, by) =>
        whenReady(async () => {
          const event = { name: 'session.all_ended', origin: originOf(by), userId } as const
          const ended = await store.sessions.endAll(userId, { why: 'ended_by_admin' }, event)
          await revocationsChanged()
          return ended
        }),
    },

    users: {
      create: (account, by) => whenReady(() => accounts.create(account, originOf(by))),
      import: (account, by) => whenReady(() => accounts.import(account, originOf(by))),
      checkImport: (account) => whenReady(() => accounts.checkImport(account)),
      passwordHashOf: (id) => whenReady(async () => (await store.users.findAccountById(id))?.passwordHash),
      find: (id) => whenReady(() => store.users.find(id)),
      findByLogin: (login) => whenReady(async () => (await store.users.findAccount(loginKey(login)))?.user),
      list: (page) => whenReady(() => store.users.list(counted(page))),
      rename: (id, username, by) => whenReady(() => accounts.rename(id, username, originOf(by))),
      changeProfile: (id, profile, by) => whenReady(() => accounts.changeProfile(id, profile, originOf(by))),
      setPassword: (id, password, by) =>
        whenReady(() => accounts.setPassword(id, password, {}, originOf(by))),
      setRoles: (id, roles, by) => whenReady(() => accounts.setRoles(id, roles, originOf(by))),
      disable: (id, by) => whenReady(() => accounts.setState(id, 'disabled', originOf(by))),
      enable: (id, by) => whenReady(() => accounts.setState(id, 'active', originOf(by))),
      factors: (id) => whenReady(async () => listedFactors(await store.factors.find(id))),
      resetFactors: (id, by) => whenReady(() => resetFactors(id, originOf(by))),
      remove: (id, by) => whenReady(() => accounts.remove(id, originOf(by))),
    },

    events: {
      record: ({ userId, data, by }) =>
        whenReady(() => store.events.record(eventOfApplication(userId, data, originOf(by)))),
      list: (filter) => whenReady(() => store.events.list(counted(filter))),
    },
  }
}

const SYSTEM: Origin = { actor: { kind: 'system' } }

export function originOf(by: Partial<Origin> | undefined): Origin {
  return { ...SYSTEM, ...by }
}

/** A database takes a negative limit for none at all, and fails at half a row: both come out of a query of somebody. */
export function counted<Page extends { readonly limit: number }>(page: Page): Page {
  const limit = (page as Page | undefined)?.limit ?? 0
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new RangeError('limit: a whole number from 1, as in list({ limit: 100 })')
  return page
}

const MOST_FACTS_BYTES = 8192

function eventOfApplication(userId: string | undefined, data: NewEvent['data'], origin: Origin): NewEvent {
  if (userId !== undefined && !isUuid(userId)) throw new TypeError('userId: the id of an account')
  if (Buffer.byteLength(JSON.stringify(data)) > MOST_FACTS_BYTES) {
    throw new RangeError(`data: at most ${MOST_FACTS_BYTES} bytes as JSON`)
  }
  return { name: 'application.recorded', origin, userId, data }
}
