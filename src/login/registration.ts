import type { Random } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Postman } from '../mail/postman.ts'
import { loginKey } from '../model/account-name.ts'
import { limitsOfLetters, limitsOfRegistrations } from '../model/letter-limits.ts'
import type { GivenRoles } from '../model/role.ts'
import type { User } from '../model/user.ts'
import type { Limiter } from '../store/hot/limiter.ts'
import type { LinkStanding } from '../store/links.ts'
import type { Store } from '../store/store.ts'
import type { NewUser } from '../store/users.ts'
import type { RoleNames } from './account-fields.ts'
import type { Accounts, CreateOptions, NewAccount } from './accounts.ts'
import type { Caller } from './caller.ts'
import type { Hooks } from './hooks.ts'
import { standingRoles } from './invitations.ts'
import { inspectLink, LINK_LIVES, linkOf, newLink } from './mailed-link.ts'
import { orTakeBack, type PasswordParts } from './password.ts'

/** Who may have an account. */
export type RegistrationMode = 'open' | 'verified' | 'invite' | 'closed'

export interface RegistrationRequest extends Pick<NewAccount, 'email' | 'password' | 'username' | 'profile'> {
  /** The one-use value of an invitation. */
  readonly invitation?: string | undefined
}

/**
 * How accounts come to be. With `verified` the answer is the same whether or not the address has an account: one link or
 * one notice is mailed, and the account is made when the link is used.
 */
export interface Registration {
  readonly mode: RegistrationMode
  /**
   * The new account, or undefined: follow the link that was mailed. Throws `REGISTRATION_CLOSED`, `LINK_INVALID` for an
   * invitation that is of no use, and what `Accounts.create` throws.
   */
  register(
    request: RegistrationRequest,
    caller: Caller,
    /** What the request calls the password. */
    passwordField?: string,
  ): Promise<User | undefined>
  /**
   * Makes the account of a `register` link, for whoever knows the password of that registration: who has the mailbox may
   * have been sent the link of a stranger, and would get an account that the stranger can open. A wrong password leaves
   * the link, and counts. A user name that is taken by now is left out. Throws `LINK_INVALID`, `REQUEST_INVALID`,
   * `RATE_LIMITED`.
   */
  finish(token: string, password: string | undefined, caller: Caller): Promise<User>
}

export interface RegistrationParts {
  readonly mode: RegistrationMode
  readonly accounts: Accounts
  readonly permissions: Pick<RoleNames, 'unknownRoles' | 'keptRoles'>
  readonly store: Pick<Store, 'users' | 'links' | 'events'>
  readonly postman: Postman
  readonly limiter: Limiter
  readonly passwords: Pick<PasswordParts, 'hashes' | 'throttle'>
  readonly random: Random
  readonly hooks: Hooks
  readonly inBackground: (work: () => void | Promise<void>) => void
  /** Whether people who register freely are asked to prove their address. */
  readonly verifies: boolean
  readonly askToVerify: (user: User, caller: Caller) => Promise<void>
}

export function createRegistration(parts: RegistrationParts): Registration {
  const { mode, accounts, store, postman, random, hooks, inBackground } = parts

  const optionsOf = ({ origin }: Caller, passwordField: string): CreateOptions => ({
    approve: (account) => hooks.before?.register?.(account, origin),
    passwordField,
  })
  const welcome = (user: User, { origin }: Caller) =>
    inBackground(() => hooks.after?.register?.(user, origin))

  async function registerFreely(
    request: RegistrationRequest,
    caller: Caller,
    options: CreateOptions,
  ): Promise<User> {
    const { email, password, username, profile } = request
    const user = await accounts.create({ email, password, username, profile }, caller.origin, options)
    welcome(user, caller)
    // The account is there, whatever becomes of its link: another one can be asked for.
    if (parts.verifies) await parts.askToVerify(user, caller).catch(() => undefined)
    return user
  }

  /** One hash, one look, one write, whoever has the address. */
  async function registerByLink(
    request: RegistrationRequest,
    caller: Caller,
    options: CreateOptions,
  ): Promise<void> {
    const { email, password, username, profile } = request
    const user = await accounts.prepare({ email, password, username, profile }, options)
    const { origin, language } = caller
    // Over the limit nothing is written, whoever has the address; the answer is the same.
    const counted = await parts.limiter.take(limitsOfRegistrations(user.emailKey, origin.address))
    if (counted.refusedBy !== undefined) return
    const owner = (await store.users.findAccount(user.emailKey))?.user
    if (owner !== undefined) {
      await store.events.record({ name: 'user.registration_repeated', origin, userId: owner.id })
      postman.later('already registered', async () => {
        const counted = await parts.limiter.take(limitsOfLetters('already_registered', user.emailKey))
        if (counted.refusedBy !== undefined) return
        postman.send({ kind: 'already_registered', to: owner.email, user: owner, language })
      })
      return
    }
    const { id: userId, passwordHash, roles } = user
    const facts = { username: user.username ?? null, passwordHash, roles, profile: user.profile }
    const { token, stored } = newLink('register', { userId, email: user.email }, random, { facts })
    const event = { name: 'user.registration_asked', origin, userId } as const
    await store.links.create([stored], event)
    const lifeMilliseconds = LINK_LIVES.register
    postman.send({ kind: 'register', to: user.email, user: undefined, language, token, lifeMilliseconds })
  }

  async function registerInvited(
    request: RegistrationRequest,
    token: string,
    caller: Caller,
    options: CreateOptions,
  ): Promise<User> {
    const { email, facts } = await inspectLink(token, ['invite'], store)
    const { password, username, profile } = request
    if (loginKey(request.email) !== loginKey(email)) {
      const message = 'Must be the address that was invited.'
      throw new AuthError('REQUEST_INVALID', {
        fields: [{ field: 'email', message, reason: 'invited_email' }],
      })
    }
    const roles = await standingRoles(facts, parts.permissions)
    const prepared = await accounts.prepare({ email, password, username, profile, roles }, options)
    const user = await create(token, { ...prepared, emailVerified: true }, caller)
    if (user !== 'username') return user
    throw new AuthError('ACCOUNT_NAME_TAKEN', {
      fields: [{ field: 'username', message: 'Is taken.', reason: 'taken' }],
    })
  }

  async function provePassword(
    { id, passwordHash }: NewUser,
    password: string | undefined,
    { origin }: Caller,
  ): Promise<void> {
    if (password === undefined) {
      throw new AuthError('REQUEST_INVALID', {
        fields: [{ field: 'password', message: 'Needed: the one this registration chose.', reason: 'empty' }],
      })
    }
    const { throttle, hashes } = parts.passwords
    const isFamiliar = async () => false
    const takeBack = await throttle.admit({
      account: `registration ${id}`,
      address: origin.address,
      isFamiliar,
    })
    if (!(await orTakeBack(hashes.verify(password, passwordHash), takeBack)).matches) {
      throw new AuthError('REQUEST_INVALID', {
        fields: [{ field: 'password', message: 'Is not right.', reason: 'wrong_registration_password' }],
      })
    }
    await takeBack()
  }

  /** The account of a link; `username` where only that name is in the way. */
  async function create(token: string, user: NewUser, caller: Caller): Promise<User | 'username'> {
    const link = linkOf(token)
    const event = { name: 'user.created', origin: caller.origin, userId: link.userId } as const
    const created = await store.links.createAccount(link, { ...user, id: link.userId }, event)
    if (created === undefined) throw new AuthError('LINK_INVALID')
    if (created.outcome === 'taken') {
      if (created.field === 'username') return 'username'
      throw new AuthError('LINK_INVALID', { details: { why: 'the address has an account by now' } })
    }
    welcome(created.user, caller)
    return created.user
  }

  return {
    mode,
    async register(request, caller, passwordField = 'password') {
      const { invitation } = request
      const options = optionsOf(caller, passwordField)
      if (invitation !== undefined) return registerInvited(request, invitation, caller, options)
      if (mode === 'closed' || mode === 'invite') throw new AuthError('REGISTRATION_CLOSED')
      if (mode === 'open') return registerFreely(request, caller, options)
      await registerByLink(request, caller, options)
      return undefined
    },

    async finish(token, password, caller) {
      const link = await inspectLink(token, ['register'], store)
      const roles = (await standingRoles(link.facts, parts.permissions)) ?? []
      const user = toNewUser(link, { roles, keptRoles: parts.permissions.keptRoles(roles) })
      await provePassword(user, password, caller)
      const created = await create(token, user, caller)
      if (created !== 'username') return created
      const unnamed = await create(token, { ...user, username: undefined, usernameKey: undefined }, caller)
      if (unnamed === 'username') throw new TypeError('an account without a name cannot have a taken one')
      return unnamed
    },
  }
}

/** What waits with a `register` link; see `registerByLink`. */
function toNewUser({ userId, email, facts }: LinkStanding, given: GivenRoles): NewUser {
  const { username, passwordHash, profile } = facts as {
    readonly username: string | null
    readonly passwordHash: string
    readonly profile: Readonly<Record<string, unknown>>
  }
  return {
    id: userId,
    email,
    emailKey: loginKey(email),
    emailVerified: true,
    username: username ?? undefined,
    usernameKey: username === null ? undefined : loginKey(username),
    passwordHash,
    ...given,
    profile,
  }
}
