import type { NewEvent } from '../audit/events.ts'
import type { LinkPurpose } from '../model/link.ts'
import type { User } from '../model/user.ts'
import type { NewUser, Taken } from './users.ts'

export interface NewLink {
  readonly purpose: LinkPurpose
  /** Of the account, or of the account to be. */
  readonly userId: string
  /** SHA-256 of its text, base64url. */
  readonly hash: string
  /** The address that it proves, and its canonical login key. */
  readonly email: string
  readonly emailKey: string
  readonly lifeMilliseconds: number
  /** The epoch of the account under which it was asked for, where that is not just now: a later one voids the link. */
  readonly userEpoch?: number | undefined
  /** What the account is made from; empty for the others. Never a secret in the clear. */
  readonly facts: Readonly<Record<string, unknown>>
  /** Of the roles among `facts` those that the database keeps: all must be there, as for `UserVerbs.create`. */
  readonly keptRoles: readonly string[]
}

/** What an invitation promises, but for a role that is gone. */
export function withoutRole(facts: NewLink['facts'], role: string): NewLink['facts'] {
  return Array.isArray(facts.roles) ? { ...facts, roles: facts.roles.filter((name) => name !== role) } : facts
}

/** A link as it is presented. */
export interface LinkUse {
  readonly userId: string
  readonly hash: string
}

/** An invitation that still waits. */
export interface WaitingInvitation {
  /** Of the account to be. */
  readonly userId: string
  readonly email: string
  readonly emailKey: string
  readonly facts: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970. */
  readonly endsAt: number
}

/** A link that would still work, with the account it is of. */
export interface LinkStanding {
  readonly purpose: LinkPurpose
  readonly userId: string
  readonly email: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly user: User | undefined
}

/**
 * So many links of one purpose to one address may wait: a mailbox is not flooded. Of registrations, which anybody can
 * ask for, the oldest gives way: strangers must not keep the owner from hers.
 */
export const MOST_LINKS = 5

/**
 * Links that were mailed (rule E12): each good once, for one purpose and one address. Those that stand for the account's
 * credentials (`verify`, `reset`, `change_email`) are dead once its epoch was raised or its address changed.
 */
export interface LinkVerbs {
  /** All of them or none: false where one of the addresses has `MOST_LINKS` waiting that do not give way. */
  create(links: readonly NewLink[], event: NewEvent): Promise<boolean>
  /** Invitations that wait, by their address, behind the given one, which may be gone. */
  invitations(page: {
    readonly after?: Pick<WaitingInvitation, 'emailKey' | 'userId'> | undefined
    readonly limit: number
  }): Promise<WaitingInvitation[]>
  /** No invitation to the address waits any more. How many there were; no event where there was none. */
  withdrawInvitations(emailKey: string, event: NewEvent): Promise<number>
  /** Undefined for one that was used, is too old, or was made void. */
  find(link: LinkUse): Promise<LinkStanding | undefined>
  /** The account of a `register` or `invite` link, its address proven. A name that is taken leaves the link. */
  createAccount(
    link: LinkUse,
    user: NewUser,
    event: NewEvent,
  ): Promise<{ readonly outcome: 'created'; readonly user: User } | Taken | undefined>
  /** `verify`: the account's address is proven. */
  verifyEmail(link: LinkUse, event: NewEvent): Promise<User | undefined>
  /**
   * `reset`: like `setPassword`, and the address is proven as well. The account's API keys end. If the address was not
   * proven before, whoever held the account need not be its owner: its second factors, connected accounts elsewhere and
   * consents go too.
   */
  resetPassword(link: LinkUse, passwordHash: string, event: NewEvent): Promise<User | undefined>
  /** `change_email`: the new address is the account's, and proven. */
  changeEmail(
    link: LinkUse,
    event: NewEvent,
  ): Promise<{ readonly outcome: 'changed'; readonly user: User } | Taken | undefined>
  /**
   * `keep_email`: the address is again what it was, the password and every consent is void, every session and API key
   * ends, and second factors and accounts elsewhere go that were added since the link was made, which its life tells.
   * `taken` where somebody else has the address by now.
   */
  keepEmail(
    link: LinkUse & Pick<NewLink, 'lifeMilliseconds'>,
    event: NewEvent,
  ): Promise<{ readonly outcome: 'kept'; readonly user: User } | Taken | undefined>
}
