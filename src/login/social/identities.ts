import { type Random, randomId } from '../../base/random.ts'
import { AuthError } from '../../errors/auth-error.ts'
import type { Postman } from '../../mail/postman.ts'
import { loginKey, parseEmail } from '../../model/account-name.ts'
import { decideNewcomer, type Identity, MOST_IDENTITIES } from '../../model/identity.ts'
import type { ProfileSchema } from '../../model/profile.ts'
import type { GivenRoles } from '../../model/role.ts'
import type { User } from '../../model/user.ts'
import type { NewIdentity } from '../../store/identities.ts'
import type { Store } from '../../store/store.ts'
import type { NewUser } from '../../store/users.ts'
import type { Caller } from '../caller.ts'
import type { Hooks } from '../hooks.ts'
import type { RegistrationMode } from '../registration.ts'
import { profileFrom } from './profile.ts'
import type { ProviderAssertion } from './provider.ts'

/** An account elsewhere, as its provider has proven it. */
type ProvenAccount = Pick<ProviderAssertion, 'provider' | 'person'>

/** Accounts elsewhere, and the accounts here that they open. */
export interface Identities {
  /**
   * Whose account it is that a provider has proven; a newcomer gets one, or is connected to one, as rule D2 allows. Says
   * nothing of whether the account may have a session: that is the account gate's. Throws `ACCOUNT_NAME_TAKEN`,
   * `PROVIDER_EMAIL_UNUSABLE`, `REGISTRATION_CLOSED`, `CREDENTIALS_WRONG` for an account that is closed; `REQUEST_INVALID`
   * where a new one lacks what the application's schema needs. `profile` is what the person has filled in for that.
   */
  resolve(
    assertion: ProvenAccount,
    caller: Caller,
    profile?: Readonly<Record<string, unknown>>,
  ): Promise<User>
  /**
   * Connects it to the account of somebody who is signed in, whatever address it has. The user as read before it was seen
   * that they are: what ends the sign-in meanwhile voids this, with `CREDENTIALS_WRONG`. Throws `PROVIDER_ACCOUNT_TAKEN`
   * where it opens another account.
   */
  connect(user: User, assertion: ProvenAccount, caller: Caller): Promise<void>
  /** Oldest first. */
  list(userId: string): Promise<readonly Identity[]>
  /**
   * Takes one away, and ends every session but the one named. False if there was none of that id. Throws `LAST_WAY_IN`
   * where nothing else would open the account.
   */
  remove(
    owner: { readonly id: string; readonly sessionId: string | undefined },
    id: string,
    caller: Caller,
  ): Promise<boolean>
}

export interface IdentitiesParts {
  readonly store: Pick<Store, 'users' | 'identities'>
  readonly registration: RegistrationMode
  readonly profile: ProfileSchema | undefined
  /** The roles of a new registration. */
  readonly rolesOfNew: () => Promise<GivenRoles>
  readonly hooks: Hooks
  readonly random: Random
  readonly postman: Pick<Postman, 'send'>
  /** The names of the providers that are configured. */
  readonly usable: readonly string[]
  /** Asks the owner of a new account to prove the address, where people are asked. */
  readonly askToVerify: (user: User, caller: Caller) => Promise<void>
  readonly revocationsChanged: () => Promise<void>
  readonly inBackground: (work: () => void | Promise<void>) => void
}

/** Two who come at the same moment find each other at the second look. */
const MOST_LOOKS = 3

export function createIdentities(parts: IdentitiesParts): Identities {
  const { store, registration, hooks, random, postman } = parts

  /** Undefined where somebody else was faster, and the next look tells what there is now. */
  async function resolveOnce(
    assertion: ProvenAccount,
    caller: Caller,
    given: Readonly<Record<string, unknown>> | undefined,
  ): Promise<User | undefined> {
    const { provider, person } = assertion
    const known = await store.identities.find(provider.protocol.issuer, person.subject)
    if (known !== undefined) return known.user
    const email = person.email === undefined ? undefined : parseEmail(person.email)
    const account = email === undefined ? undefined : await store.users.findAccount(loginKey(email))
    const decision = decideNewcomer({
      email,
      emailVerified: person.emailVerified,
      trustsEmail: provider.trustsEmail,
      account: account?.user,
      registration,
    })
    if ('refuse' in decision) {
      throw new AuthError(decision.refuse, {
        details: { provider: provider.id, ...(account !== undefined && { userId: account.user.id }) },
      })
    }
    if (decision.do === 'create') {
      if (email === undefined) return undefined
      const profile = profileFrom(person.claims, parts.profile, given)
      return create(assertion, { email, emailVerified: decision.emailVerified, profile }, caller)
    }
    return account && add(account.user, assertion, caller)
  }

  async function create(
    assertion: ProvenAccount,
    { email, emailVerified, profile }: Pick<NewUser, 'email' | 'emailVerified' | 'profile'>,
    caller: Caller,
  ): Promise<User | undefined> {
    const { origin } = caller
    await hooks.before?.register?.({ email, username: undefined, profile }, origin)
    const id = randomId(random)
    const created = await store.identities.createAccount(
      {
        id,
        email,
        emailKey: loginKey(email),
        emailVerified,
        username: undefined,
        usernameKey: undefined,
        passwordHash: undefined,
        ...(await parts.rolesOfNew()),
        profile,
      },
      newIdentity(id, assertion),
      { name: 'user.created', origin, userId: id, data: { provider: assertion.provider.id } },
    )
    if (created.outcome === 'taken') return undefined
    const { user } = created
    parts.inBackground(() => hooks.after?.register?.(user, origin))
    // The account is there, whatever becomes of its letter: another one can be asked for.
    if (!emailVerified) await parts.askToVerify(user, caller).catch(() => undefined)
    return user
  }

  /** Undefined where somebody else was faster. */
  async function add(user: User, assertion: ProvenAccount, caller: Caller): Promise<User | undefined> {
    const { id: userId, epoch: userEpoch } = user
    const { origin, language } = caller
    const data = { provider: assertion.provider.id }
    const event = { name: 'identity.added', origin, userId, data } as const
    const outcome = await store.identities.add({ ...newIdentity(userId, assertion), userEpoch }, event)
    if (outcome === 'taken') return undefined
    if (outcome === 'stale') {
      throw new AuthError('CREDENTIALS_WRONG', { details: { account: 'closed or changed', userId } })
    }
    postman.send({ kind: 'identity_added', to: user.email, user, language })
    return user
  }

  function newIdentity(userId: string, { provider, person }: ProvenAccount): NewIdentity {
    const { issuer } = provider.protocol
    const { subject, email } = person
    return { id: randomId(random), userId, provider: provider.id, issuer, subject, email }
  }

  return {
    async resolve(assertion, caller, profile) {
      for (let look = 0; look < MOST_LOOKS; look++) {
        const user = await resolveOnce(assertion, caller, profile)
        if (user !== undefined) return user
      }
      throw new AuthError('STORE_UNAVAILABLE', { details: { reason: 'accounts keep changing' } })
    },

    async connect(user, assertion, caller) {
      const { id: userId } = user
      const { provider, person } = assertion
      const [known, others] = await Promise.all([
        store.identities.find(provider.protocol.issuer, person.subject),
        store.identities.list(userId),
      ])
      if (known?.user.id === userId) return
      const taken = new AuthError('PROVIDER_ACCOUNT_TAKEN', { details: { provider: provider.id, userId } })
      if (known !== undefined) throw taken
      if (others.length >= MOST_IDENTITIES) {
        throw new AuthError('REQUEST_INVALID', {
          fields: [{ field: 'provider', message: `At most ${MOST_IDENTITIES} can be connected.` }],
        })
      }
      if ((await add(user, assertion, caller)) !== undefined) return
      const other = await store.identities.find(provider.protocol.issuer, person.subject)
      if (other?.user.id !== userId) throw taken
    },

    list: (userId) => store.identities.list(userId),

    async remove({ id: userId, sessionId }, id, { origin, language }) {
      const user = await store.users.find(userId)
      if (user === undefined) throw new AuthError('USER_NOT_FOUND')
      const outcome = await store.identities.remove(
        { userId, id, keepSessionId: sessionId, usable: parts.usable },
        { name: 'identity.removed', origin, userId, data: { identity: id } },
      )
      if (outcome === 'last') throw new AuthError('LAST_WAY_IN', { details: { userId } })
      if (outcome === 'none') return false
      await parts.revocationsChanged()
      postman.send({ kind: 'identity_removed', to: user.email, user, language })
      return true
    },
  }
}
