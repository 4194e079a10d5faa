import { DAY_MILLISECONDS, HOUR_MILLISECONDS } from '../base/duration.ts'
import type { Random } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { loginKey } from '../model/account-name.ts'
import type { LinkPurpose } from '../model/link.ts'
import type { LinkStanding, LinkUse, NewLink } from '../store/links.ts'
import type { Store } from '../store/store.ts'
import { makeLinkToken, readLinkToken } from '../tokens/link.ts'
import { hashSecret } from '../tokens/secret-hash.ts'

/** What proves an address or stands for a password lives an hour at most (rule E12). */
export const LINK_LIVES: Readonly<Record<LinkPurpose, number>> = {
  register: HOUR_MILLISECONDS,
  verify: HOUR_MILLISECONDS,
  reset: HOUR_MILLISECONDS,
  change_email: HOUR_MILLISECONDS,
  invite: 7 * DAY_MILLISECONDS,
  // Somebody who is away for a week-end is to have it back.
  keep_email: 3 * DAY_MILLISECONDS,
}

/** A new link: the text that is mailed, and what is kept of it. */
export function newLink(
  purpose: LinkPurpose,
  { userId, email }: { readonly userId: string; readonly email: string },
  random: Random,
  promised: Partial<Pick<NewLink, 'facts' | 'keptRoles' | 'userEpoch'>> = {},
): { readonly token: string; readonly stored: NewLink } {
  const token = makeLinkToken(userId, random)
  const lifeMilliseconds = LINK_LIVES[purpose]
  const stored = {
    purpose,
    userId,
    hash: hashSecret(token),
    email,
    emailKey: loginKey(email),
    lifeMilliseconds,
    userEpoch: promised.userEpoch,
    facts: promised.facts ?? {},
    keptRoles: promised.keptRoles ?? [],
  }
  return { token, stored }
}

/** The link that a text names. Throws `LINK_INVALID` where it names none. */
export function linkOf(token: string): LinkUse {
  const read = readLinkToken(token)
  if (read === undefined) throw new AuthError('LINK_INVALID')
  return { userId: read.userId, hash: hashSecret(token) }
}

/** What a link would do now; using it is another step. Throws `LINK_INVALID` for one that is of no use any more. */
export async function inspectLink(
  token: string,
  purposes: readonly LinkPurpose[],
  { links }: Pick<Store, 'links'>,
): Promise<LinkStanding> {
  const found = await links.find(linkOf(token))
  if (found === undefined || !purposes.includes(found.purpose)) throw new AuthError('LINK_INVALID')
  return found
}
