import { type Random, randomId } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Postman } from '../mail/postman.ts'
import { loginKey, parseEmail } from '../model/account-name.ts'
import type { LinkStanding } from '../store/links.ts'
import type { Store } from '../store/store.ts'
import type { RoleNames } from './account-fields.ts'
import type { Accounts } from './accounts.ts'
import type { Caller } from './caller.ts'
import { inspectLink, LINK_LIVES, newLink } from './mailed-link.ts'

/** An invitation that waits. */
export interface Invitation {
  /** Of the account to be. */
  readonly userId: string
  readonly email: string
  /** Those that it still promises. */
  readonly roles: readonly string[]
  /** Milliseconds since 1970. */
  readonly endsAt: number
}

export interface InvitationPage {
  /** The last one of the page before. */
  readonly after?: Pick<Invitation, 'userId' | 'email'> | undefined
  readonly limit: number
}

/** Accounts that somebody was promised, with their roles. */
export interface Invitations {
  /** Whom an invitation is for. Throws `LINK_INVALID`. */
  inspect(token: string): Promise<{ readonly email: string }>
  /** Mails an invitation. Throws `ACCOUNT_NAME_TAKEN`, `RATE_LIMITED`. */
  invite(
    invitation: { readonly email: string; readonly roles?: readonly string[] },
    caller: Caller,
  ): Promise<void>
  /** Invitations that wait, by their address, behind the given one, which may be gone. */
  list(page: InvitationPage): Promise<Invitation[]>
  /** Makes every invitation to the address void that waits. False where none does. Throws `REQUEST_INVALID`. */
  withdraw(email: string, caller: Pick<Caller, 'origin'>): Promise<boolean>
}

export interface InvitationParts {
  readonly accounts: Pick<Accounts, 'checkRoles'>
  readonly permissions: Pick<RoleNames, 'unknownRoles'>
  readonly store: Pick<Store, 'users' | 'links'>
  readonly postman: Postman
  readonly random: Random
}

export function createInvitations(parts: InvitationParts): Invitations {
  const { accounts, permissions, store, postman, random } = parts
  return {
    async inspect(token) {
      const { email } = await inspectLink(token, ['invite'], store)
      return { email }
    },

    async invite({ email, roles }, { origin, language }) {
      const address = addressOf(email)
      const checked = await accounts.checkRoles(roles)
      if ((await store.users.findAccount(loginKey(address))) !== undefined) {
        throw new AuthError('ACCOUNT_NAME_TAKEN', {
          fields: [{ field: 'email', message: 'Is taken.', reason: 'taken' }],
        })
      }
      const userId = randomId(random)
      const { token, stored } = newLink('invite', { userId, email: address }, random, {
        facts: { roles: checked.roles },
        keptRoles: checked.keptRoles,
      })
      const event = {
        name: 'user.invited',
        origin,
        userId,
        data: { roles: checked.roles.join(' ') },
      } as const
      if (!(await store.links.create([stored], event)))
        throw new AuthError('RATE_LIMITED', { retryAfterSeconds: 3600 })
      const lifeMilliseconds = LINK_LIVES.invite
      postman.send({ kind: 'invite', to: address, user: undefined, language, token, lifeMilliseconds })
    },

    async list({ after, limit }) {
      const behind = after && { userId: after.userId, emailKey: loginKey(after.email) }
      const found = await store.links.invitations({ after: behind, limit })
      const promised = found.flatMap(({ facts }) => rolesIn(facts))
      const gone = await permissions.unknownRoles([...new Set(promised)])
      return found.map(({ userId, email, facts, endsAt }) => ({
        userId,
        email,
        roles: rolesIn(facts).filter((role) => !gone.includes(role)),
        endsAt,
      }))
    },

    async withdraw(email, { origin }) {
      const address = addressOf(email)
      const event = { name: 'user.invitation_withdrawn', origin, data: { email: address } } as const
      return (await store.links.withdrawInvitations(loginKey(address), event)) > 0
    },
  }
}

/** The roles that a link promises, but for those that were removed meanwhile; undefined where it names none. */
export async function standingRoles(
  facts: LinkStanding['facts'],
  permissions: Pick<RoleNames, 'unknownRoles'>,
): Promise<string[] | undefined> {
  if (!Array.isArray(facts.roles)) return undefined
  const roles = rolesIn(facts)
  const gone = await permissions.unknownRoles(roles)
  return roles.filter((role) => !gone.includes(role))
}

function rolesIn({ roles }: LinkStanding['facts']): string[] {
  return Array.isArray(roles) ? roles.map(String) : []
}

function addressOf(email: string): string {
  const address = parseEmail(email)
  if (address !== undefined) return address
  throw new AuthError('REQUEST_INVALID', {
    fields: [{ field: 'email', message: 'Must be a mail address.' }],
  })
}
