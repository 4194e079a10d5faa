import type { Random } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { FieldProblem } from '../errors/refusal.ts'
import type { Postman } from '../mail/postman.ts'
import { loginKey, parseEmail } from '../model/account-name.ts'
import { limitsOfLetters } from '../model/letter-limits.ts'
import type { LinkPurpose } from '../model/link.ts'
import type { User } from '../model/user.ts'
import type { Limiter } from '../store/hot/limiter.ts'
import type { Store } from '../store/store.ts'
import { NO_ADDRESS } from './account-fields.ts'
import type { Caller } from './caller.ts'
import { inspectLink, LINK_LIVES, linkOf, newLink } from './mailed-link.ts'
import type { Registration } from './registration.ts'

/** What a link to the page of addresses would do. */
export type AddressLink = Extract<LinkPurpose, 'register' | 'verify' | 'change_email' | 'keep_email'>

export interface LinkAnswer {
  readonly token: string
  readonly password?: string | undefined
}

export interface AddressConfirmed {
  /** `registered`: an account was made. `kept`: a change was stopped or undone, and the password is void. */
  readonly done: 'registered' | 'verified' | 'changed' | 'kept'
  readonly user: User
}

/** The mail address of an account: proven by a link, changed only to one that was proven (rules E12, E13). */
export interface EmailAddresses {
  /**
   * Mails a link that proves the address, where there is an account of that name whose address is not proven. Whether
   * there is one, neither the answer nor its time tells.
   */
  askToVerify(login: string, caller: Caller): void
  /** The same at once, for an account that is known. */
  askUserToVerify(user: User, caller: Caller): Promise<void>
  /**
   * Mails a link to the new address, and tells the old one, if it was proven, with a way to stop it. An address that
   * somebody has already gets the same answer, and no link. That the caller owns the account is checked before; the user
   * is as read before that, for what voids their credentials meanwhile voids the link. Throws `REQUEST_INVALID`.
   */
  askToChange(user: User, email: string, caller: Caller): void
  /** What a link would do; changes nothing, for programs that scan mail follow links. Throws `LINK_INVALID`. */
  inspect(token: string): Promise<{ readonly purpose: AddressLink; readonly email: string }>
  /** Uses a link; one of a registration with the password of that. Throws `LINK_INVALID`, and what `finish` throws. */
  confirm(link: LinkAnswer, caller: Caller): Promise<AddressConfirmed>
}

export interface EmailAddressParts {
  readonly store: Pick<Store, 'users' | 'links'>
  readonly postman: Postman
  readonly random: Random
  readonly limiter: Limiter
  readonly finishRegistration: Registration['finish']
  /** A reset link to the account's address; see `PasswordReset`. */
  readonly askToReset: (user: User, caller: Caller) => Promise<void>
  readonly revocationsChanged: () => Promise<void>
}

const SAME_ADDRESS: FieldProblem = {
  field: 'email',
  message: 'Is your address already.',
  reason: 'same_email',
}

const ADDRESS_LINKS: readonly LinkPurpose[] = ['register', 'verify', 'change_email', 'keep_email']

export function createEmailAddresses(parts: EmailAddressParts): EmailAddresses {
  const { store, postman, random } = parts

  async function mailVerification(user: User, { origin, language }: Caller): Promise<void> {
    if (user.emailVerified || user.state !== 'active') return
    const { token, stored } = newLink('verify', { userId: user.id, email: user.email }, random)
    const event = { name: 'user.verification_asked', origin, userId: user.id } as const
    if (!(await store.links.create([stored], event))) return
    const lifeMilliseconds = LINK_LIVES.verify
    postman.send({ kind: 'verify', to: user.email, user, language, token, lifeMilliseconds })
  }

  async function mailChange(user: User, email: string, { origin, language }: Caller): Promise<void> {
    const owner = (await store.users.findAccount(loginKey(email)))?.user
    if (owner !== undefined && owner.id !== user.id) {
      // The answer does not tell; the owner of the address learns that somebody tried.
      const counted = await parts.limiter.take(limitsOfLetters('already_registered', loginKey(email)))
      if (counted.refusedBy === undefined) {
        postman.send({ kind: 'already_registered', to: owner.email, user: owner, language })
      }
      return
    }
    const change = newLink('change_email', { userId: user.id, email }, random, { userEpoch: user.epoch })
    // Only to an address that was proven: another may be a stranger's, and the link outlives every later password.
    const keep = user.emailVerified
      ? newLink('keep_email', { userId: user.id, email: user.email }, random)
      : undefined
    const links = keep === undefined ? [change.stored] : [change.stored, keep.stored]
    const event = { name: 'user.email_change_asked', origin, userId: user.id } as const
    if (!(await store.links.create(links, event))) return
    postman.send({
      kind: 'change_email',
      to: email,
      user,
      language,
      token: change.token,
      lifeMilliseconds: LINK_LIVES.change_email,
    })
    if (keep === undefined) return
    postman.send({
      kind: 'keep_email',
      to: user.email,
      user,
      language,
      token: keep.token,
      lifeMilliseconds: LINK_LIVES.keep_email,
      newEmail: email,
    })
  }

  async function change(token: string, { origin, language }: Caller): Promise<User> {
    const link = linkOf(token)
    const former = await store.users.find(link.userId)
    const event = { name: 'user.email_changed', origin, userId: link.userId } as const
    const changed = await store.links.changeEmail(link, event)
    if (changed?.outcome !== 'changed') throw new AuthError('LINK_INVALID')
    const { user } = changed
    if (former !== undefined) {
      const newEmail = former.emailVerified ? user.email : undefined
      postman.send({ kind: 'email_changed', to: former.email, user, language, newEmail })
    }
    return user
  }

  async function keep(token: string, caller: Caller): Promise<User> {
    const link = linkOf(token)
    const event = { name: 'user.email_kept', origin: caller.origin, userId: link.userId } as const
    const kept = await store.links.keepEmail({ ...link, lifeMilliseconds: LINK_LIVES.keep_email }, event)
    await parts.revocationsChanged()
    if (kept?.outcome !== 'kept') throw new AuthError('LINK_INVALID')
    postman.later('reset after a change was stopped', () => parts.askToReset(kept.user, caller))
    return kept.user
  }

  return {
    askToVerify(login, caller) {
      postman.later('verification', async () => {
        const account = await store.users.findAccount(loginKey(login))
        if (account !== undefined) await mailVerification(account.user, caller)
      })
    },
    askUserToVerify: mailVerification,

    askToChange(user, email, caller) {
      const address = parseEmail(email)
      const problem = address === undefined ? NO_ADDRESS : address === user.email ? SAME_ADDRESS : undefined
      if (address === undefined || problem !== undefined) {
        throw new AuthError('REQUEST_INVALID', { fields: problem === undefined ? [] : [problem] })
      }
      postman.later('change of address', () => mailChange(user, address, caller))
    },

    async inspect(token) {
      const { purpose, email } = await inspectLink(token, ADDRESS_LINKS, store)
      return { purpose: purpose as AddressLink, email }
    },

    async confirm({ token, password }, caller) {
      const { purpose } = await inspectLink(token, ADDRESS_LINKS, store)
      switch (purpose) {
        case 'register':
          return { done: 'registered', user: await parts.finishRegistration(token, password, caller) }
        case 'change_email':
          return { done: 'changed', user: await change(token, caller) }
        case 'keep_email':
          return { done: 'kept', user: await keep(token, caller) }
        default: {
          const link = linkOf(token)
          const event = { name: 'user.email_verified', origin: caller.origin, userId: link.userId } as const
          const user = await store.links.verifyEmail(link, event)
          if (user === undefined) throw new AuthError('LINK_INVALID')
          return { done: 'verified', user }
        }
      }
    },
  }
}
