import type { Random } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Postman } from '../mail/postman.ts'
import { loginKey } from '../model/account-name.ts'
import type { User } from '../model/user.ts'
import type { Store } from '../store/store.ts'
import type { OtherWays } from '../texts/letters/letter-texts.ts'
import type { Accounts } from './accounts.ts'
import type { Caller } from './caller.ts'
import { inspectLink, LINK_LIVES, linkOf, newLink } from './mailed-link.ts'

/** A forgotten password, replaced by who can read the account's mail (rule E12). It signs nobody in. */
export interface PasswordReset {
  /** Mails a link, where there is such an account. Whether there is one, neither the answer nor its time tells. */
  ask(login: string, caller: Caller): void
  /** The same for an account that is known. */
  askFor(user: User, caller: Caller): Promise<void>
  /** Whose password it would set; changes nothing. Throws `LINK_INVALID`. */
  inspect(token: string): Promise<{ readonly user: User }>
  /**
   * Sets the password, ends every session and token, and proves the address. Throws `PASSWORD_REFUSED`, which leaves the
   * link, and `LINK_INVALID`.
   */
  reset(token: string, password: string, caller: Caller): Promise<User>
}

export interface PasswordResetParts {
  readonly store: Pick<Store, 'users' | 'links' | 'identities' | 'factors'>
  readonly accounts: Pick<Accounts, 'hashNewPassword'>
  readonly postman: Postman
  /** What people know the providers by that are configured, by their ids. */
  readonly providerNames: ReadonlyMap<string, string>
  readonly random: Random
  readonly revocationsChanged: () => Promise<void>
}

export function createPasswordReset(parts: PasswordResetParts): PasswordReset {
  const { store, accounts, postman, random } = parts

  async function askFor(user: User, { origin, language }: Caller): Promise<void> {
    if (user.state !== 'active') return
    const { token, stored } = newLink('reset', { userId: user.id, email: user.email }, random)
    const event = { name: 'user.reset_asked', origin, userId: user.id } as const
    if (!(await store.links.create([stored], event))) return
    const lifeMilliseconds = LINK_LIVES.reset
    postman.send({ kind: 'reset', to: user.email, user, language, token, lifeMilliseconds })
  }

  const inspect = async (token: string) => {
    const { user } = await inspectLink(token, ['reset'], store)
    if (user?.state !== 'active') throw new AuthError('LINK_INVALID')
    return { user }
  }

  /** What the reset has left standing: the owner may not know of all of it. */
  async function otherWaysOf(userId: string): Promise<OtherWays> {
    const [identities, { passkeys }] = await Promise.all([
      store.identities.list(userId),
      store.factors.find(userId),
    ])
    const names = identities.map(({ provider }) => parts.providerNames.get(provider))
    const providers = new Set(names.filter((name) => name !== undefined))
    return { providers: [...providers], passkeys: passkeys.length }
  }

  return {
    askFor,
    inspect,
    ask(login, caller) {
      postman.later('reset', async () => {
        const account = await store.users.findAccount(loginKey(login))
        if (account !== undefined) await askFor(account.user, caller)
      })
    },
    async reset(token, password, { origin, language }) {
      const { user } = await inspect(token)
      const hash = await accounts.hashNewPassword(user, password, 'new_password')
      const data = { by: 'reset' }
      const event = { name: 'user.password_changed', origin, userId: user.id, data } as const
      const changed = await store.links.resetPassword(linkOf(token), hash, event)
      if (changed === undefined) throw new AuthError('LINK_INVALID')
      await parts.revocationsChanged()
      postman.later('password_changed', async () => {
        const otherWays = await otherWaysOf(changed.id)
        postman.send({ kind: 'password_changed', to: changed.email, user: changed, language, otherWays })
      })
      return changed
    },
  }
}
