import type { Origin } from '../audit/events.ts'
import { type Random, randomId } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { loginKey } from '../model/account-name.ts'
import type { ProfileSchema } from '../model/profile.ts'
import type { GivenRoles } from '../model/role.ts'
import type { User, UserState } from '../model/user.ts'
import type { Store } from '../store/store.ts'
import type { NewUser } from '../store/users.ts'
import {
  checkNames,
  checkPassword,
  checkRoles,
  checkUsername,
  type PasswordRules,
  type RoleNames,
} from './account-fields.ts'
import type { HashQueue } from './hashing.ts'
import { type ProfileChange, parseProfile } from './profile.ts'

export interface NewAccount {
  readonly email: string
  readonly password: string
  readonly username?: string | undefined
  /** Those of a new registration where absent. Each must be declared. */
  readonly roles?: readonly string[] | undefined
  readonly emailVerified?: boolean | undefined
  readonly profile?: Readonly<Record<string, unknown>> | undefined
}

/** An account that another system kept, with the hash that it has there; see `hashFormats`. */
export interface ImportedAccount extends Omit<NewAccount, 'password'> {
  /** Undefined: the owner asks for a new password first. */
  readonly passwordHash: string | undefined
  /** Whether it was closed there, and is to be so here. */
  readonly disabled?: boolean | undefined
}

/** A new account whose every part was found good; only the password has still to be hashed. */
export interface CheckedAccount {
  readonly email: string
  readonly username: string | undefined
  readonly profile: Readonly<Record<string, unknown>>
}

export interface CreateOptions {
  /** Runs after the checks and before anything is written; what it throws refuses the account. */
  readonly approve?: (account: CheckedAccount) => void | Promise<void>
  /** What the request calls the password. */
  readonly passwordField?: string
}

/**
 * What can be done with an account: by its owner, an admin, the command line or the application's own code. Everything
 * that comes from outside is checked here; who may do it is not. Unknown ids throw `NOT_FOUND`.
 */
export interface Accounts {
  /** Throws `REQUEST_INVALID` or `PASSWORD_REFUSED` with every problem, and `ACCOUNT_NAME_TAKEN`. */
  create(account: NewAccount, origin: Origin, options?: CreateOptions): Promise<User>
  /** The same checks, and the hash; nothing is written. For accounts that wait for something. */
  prepare(account: NewAccount, options?: CreateOptions): Promise<NewUser & { readonly passwordHash: string }>
  /** Those of a new registration where undefined. Throws `REQUEST_INVALID` where one is not declared. */
  checkRoles(roles: readonly string[] | undefined): Promise<GivenRoles>
  /** The hash of a password that the policy takes. Throws `PASSWORD_REFUSED`. */
  hashNewPassword(user: Pick<User, 'email' | 'username'>, password: string, field: string): Promise<string>
  /** Throws `REQUEST_INVALID` with every problem, a hash that cannot be read among them, and `ACCOUNT_NAME_TAKEN`. */
  import(account: ImportedAccount, origin: Origin): Promise<User>
  /** The same checks; writes nothing, and does not look for who is there already. */
  checkImport(account: ImportedAccount): Promise<void>
  rename(id: string, username: string, origin: Origin): Promise<User>
  changeProfile(id: string, profile: Readonly<Record<string, unknown>>, origin: Origin): Promise<User>
  /** By its owner, worked out of what there is: what the application changes in that moment is not undone. */
  changeOwnProfile(id: string, change: ProfileChange, origin: Origin): Promise<User>
  /**
   * Ends every session and token, but for the session named. Does not ask for the old password. Throws `SESSION_ENDED`
   * where the account has another epoch than the one given.
   */
  setPassword(
    id: string,
    password: string,
    options: {
      readonly keepSessionId?: string | undefined
      readonly userEpoch?: number | undefined
      readonly field?: string
    },
    origin: Origin,
  ): Promise<void>
  setRoles(id: string, roles: readonly string[], origin: Origin): Promise<User>
  setState(id: string, state: UserState, origin: Origin): Promise<User>
  /** Throws `SESSION_ENDED` where the account has another epoch than the one given. */
  remove(id: string, origin: Origin, userEpoch?: number): Promise<void>
}

export interface AccountParts extends PasswordRules {
  readonly store: Pick<Store, 'users'>
  readonly hashes: HashQueue
  readonly random: Random
  readonly profile: ProfileSchema | undefined
  readonly permissions: RoleNames
  readonly defaultRoles: readonly string[]
  /** Those that need a second factor: nobody gets one into a session that began without. */
  readonly requireSecondFactor: readonly string[]
  readonly revocationsChanged: () => Promise<void>
}

/** So often a change is worked out anew because of another one in the same moment. */
const MOST_LOOKS = 5

export function createAccounts(parts: AccountParts): Accounts {
  const { store, hashes, revocationsChanged } = parts

  /** What a new account is found by. */
  const named = ({ email, username }: ReturnType<typeof checkNames>, emailVerified = false) => ({
    id: randomId(parts.random),
    email,
    emailKey: loginKey(email),
    emailVerified,
    username,
    usernameKey: username === undefined ? undefined : loginKey(username),
  })

  const prepare: Accounts['prepare'] = async (account, { approve, passwordField = 'password' } = {}) => {
    const { email, username } = checkNames(account)
    const profile = parseProfile(parts.profile, account.profile ?? {})
    const given = await checkRoles(account.roles ?? parts.defaultRoles, parts.permissions)
    await checkPassword(account.password, passwordField, [email, username], parts)
    await approve?.({ email, username, profile })
    return {
      ...named({ email, username }, account.emailVerified),
      passwordHash: await hashes.hash(account.password),
      ...given,
      profile,
    }
  }

  const hashNewPassword: Accounts['hashNewPassword'] = async ({ email, username }, password, field) => {
    await checkPassword(password, field, [email, username], parts)
    return hashes.hash(password)
  }

  const prepareImport = async (account: ImportedAccount): Promise<NewUser> => {
    // Loaded late: hashing is done elsewhere, and no server needs it in its main thread.
    const { readStoredHash } = await import('./password-hash.ts')
    const { email, username } = checkNames(account)
    const { passwordHash } = account
    if (passwordHash !== undefined && typeof readStoredHash(passwordHash) === 'string') {
      const message = 'Is no password hash that can be read here.'
      throw new AuthError('REQUEST_INVALID', { fields: [{ field: 'password_hash', message }] })
    }
    return {
      ...named({ email, username }, account.emailVerified),
      passwordHash,
      ...(await checkRoles(account.roles ?? parts.defaultRoles, parts.permissions)),
      profile: parseProfile(parts.profile, account.profile ?? {}),
      state: account.disabled === true ? 'disabled' : 'active',
    }
  }

  return {
    async import(account, origin) {
      const user = await prepareImport(account)
      const data = { state: user.state ?? 'active' }
      const created = await store.users.create(user, { name: 'user.imported', origin, userId: user.id, data })
      return created.outcome === 'created' ? created.user : taken(created.field)
    },
    async checkImport(account) {
      await prepareImport(account)
    },

    async create(account, origin, options) {
      const user = await prepare(account, options)
      const created = await store.users.create(user, { name: 'user.created', origin, userId: user.id })
      return created.outcome === 'created' ? created.user : taken(created.field)
    },

    prepare,
    checkRoles: (roles) => checkRoles(roles ?? parts.defaultRoles, parts.permissions),
    hashNewPassword,

    async rename(id, username, origin) {
      const name = checkUsername(username)
      const event = { name: 'user.renamed', origin, userId: id } as const
      const renamed = known(
        await store.users.rename(id, { username: name, usernameKey: loginKey(name) }, event),
      )
      return renamed.outcome === 'renamed' ? renamed.user : taken(renamed.field)
    },

    async changeProfile(id, profile, origin) {
      const checked = parseProfile(parts.profile, profile)
      const event = { name: 'user.profile_changed', origin, userId: id } as const
      return known(await store.users.changeProfile(id, checked, event))
    },

    async changeOwnProfile(id, change, origin) {
      const event = { name: 'user.profile_changed', origin, userId: id } as const
      for (let look = 0; look < MOST_LOOKS; look++) {
        const { profile: from } = known(await store.users.find(id))
        const profile = parseProfile(parts.profile, change(from))
        const changed = await store.users.changeProfile(id, profile, event, from)
        if (changed !== undefined) return changed
      }
      throw new AuthError('STORE_UNAVAILABLE', { details: { reason: 'the profile keeps changing' } })
    },

    async setPassword(id, password, { keepSessionId, userEpoch, field = 'password' }, origin) {
      const user = known(await store.users.find(id))
      const hash = await hashNewPassword(user, password, field)
      const event = { name: 'user.password_changed', origin, userId: id } as const
      const changed = await store.users.setPassword(id, { hash, keepSessionId, userEpoch }, event)
      if (changed === undefined && userEpoch !== undefined) {
        throw new AuthError('SESSION_ENDED', { details: { userId: id } })
      }
      known(changed)
      await revocationsChanged()
    },

    async setRoles(id, roles, origin) {
      const given = await checkRoles(roles, parts.permissions)
      const data = { roles: given.roles.join(' ') }
      const change = { ...given, takenAnew: parts.requireSecondFactor }
      const user = await store.users.setRoles(id, change, {
        name: 'user.roles_changed',
        origin,
        userId: id,
        data,
      })
      await revocationsChanged()
      return known(user)
    },

    async setState(id, state, origin) {
      const name = state === 'active' ? 'user.enabled' : 'user.disabled'
      const user = await store.users.setState(id, state, { name, origin, userId: id })
      await revocationsChanged()
      return known(user)
    },

    async remove(id, origin, userEpoch) {
      const event = { name: 'user.deleted', origin, userId: id } as const
      const removed = await store.users.remove(id, event, userEpoch)
      await revocationsChanged()
      if (removed) return
      if (userEpoch !== undefined) throw new AuthError('SESSION_ENDED', { details: { userId: id } })
      throw new AuthError('NOT_FOUND')
    },
  }
}

function taken(field: 'email' | 'username'): never {
  throw new AuthError('ACCOUNT_NAME_TAKEN', { fields: [{ field, message: 'Is taken.', reason: 'taken' }] })
}

function known<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new AuthError('NOT_FOUND')
  return value
}
