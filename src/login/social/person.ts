import { isJsonObject } from '../../base/strict-json.ts'
import { parseEmail } from '../../model/account-name.ts'
import type { OpenIdProtocol, ProviderClaims, ProviderPerson } from './provider.ts'

/** Who it is by the claims of an ID token or the userinfo endpoint (OpenID Connect Core section 5.1). */
export function personOfClaims(
  claims: Readonly<Record<string, unknown>>,
  { writesBooleansAsText, speaksFor }: Pick<OpenIdProtocol, 'writesBooleansAsText' | 'speaksFor'> = {},
): ProviderPerson | undefined {
  const { sub, email, email_verified: verified, name, picture, locale } = claims
  const isVerified = verified === true || (writesBooleansAsText === true && verified === 'true')
  const emailVerified = isVerified && (speaksFor?.(claims) ?? true)
  return person({ subject: sub, email, emailVerified, name, picture, locale })
}

/** GitHub: the address is that of the list which is primary and verified, never the one that the profile shows. */
export function personOfGithub({
  user,
  emails,
}: Readonly<Record<string, unknown>>): ProviderPerson | undefined {
  if (!isJsonObject(user)) return undefined
  const list = Array.isArray(emails) ? emails.filter(isJsonObject) : []
  const primary = list.find(({ primary, verified }) => primary === true && verified === true)
  return person({
    subject: numberedId(user.id),
    email: primary?.email,
    emailVerified: primary !== undefined,
    name: user.name ?? user.login,
    picture: user.avatar_url,
  })
}

/**
 * Google vouches for addresses of its own and of the domains that it keeps for others (`hd`). Any other was proven when the
 * account there was made: who has had the mailbox since is not known (developers.google.com, "Verify the Google ID token on
 * your server side").
 */
export function googleSpeaksFor({ email, hd }: Readonly<Record<string, unknown>>): boolean {
  return (typeof hd === 'string' && hd !== '') || (typeof email === 'string' && /@gmail\.com$/i.test(email))
}

/** Facebook says nothing of whether an address is proven, so none is. */
export function personOfFacebook({ me }: Readonly<Record<string, unknown>>): ProviderPerson | undefined {
  if (!isJsonObject(me)) return undefined
  const picture = isJsonObject(me.picture) && isJsonObject(me.picture.data) ? me.picture.data.url : undefined
  return person({ subject: me.id, email: me.email, emailVerified: false, name: me.name, picture })
}

export function personOfDiscord({ me }: Readonly<Record<string, unknown>>): ProviderPerson | undefined {
  if (!isJsonObject(me)) return undefined
  const { id, avatar } = me
  const hasPicture = typeof avatar === 'string' && /^\w{1,64}$/.test(avatar)
  return person({
    subject: id,
    email: me.email,
    emailVerified: me.verified === true,
    name: me.global_name ?? me.username,
    picture: hasPicture ? `https://cdn.discordapp.com/avatars/${id}/${avatar}.png` : undefined,
    locale: me.locale,
  })
}

const LONGEST_SUBJECT = 255
const LONGEST_EMAIL = 320

interface Told {
  readonly subject: unknown
  readonly email: unknown
  readonly emailVerified: boolean
  readonly name?: unknown
  readonly picture?: unknown
  readonly locale?: unknown
}

/** Takes nothing for granted: what is not as it should be is left out, and without a subject it is nobody. */
function person({ subject, email, emailVerified, ...claims }: Told): ProviderPerson | undefined {
  if (typeof subject !== 'string' || !/^[\x20-\x7e]+$/.test(subject) || subject.length > LONGEST_SUBJECT) {
    return undefined
  }
  const hasEmail = isLine(email) && email.length <= LONGEST_EMAIL
  return {
    subject,
    email: hasEmail ? email : undefined,
    emailVerified: hasEmail && emailVerified && isMailboxAsWritten(email),
    claims: claimsOf(claims),
  }
}

/**
 * Whether the mailbox that the provider has seen proven is the one that is written to here: `ａlice` becomes `alice` when it
 * is normalised (rule E17), and may be somebody else at their server. For domains the look-up does the same.
 */
function isMailboxAsWritten(email: string): boolean {
  const [mailbox] = email.split('@')
  return parseEmail(email)?.split('@')[0] === mailbox
}

/** Whole characters, none of which a database or a page would trip over. */
function isLine(text: unknown): text is string {
  return typeof text === 'string' && /^[^\p{Cc}\p{Cs}]+$/u.test(text)
}

const LONGEST_NAME = 200
const LONGEST_URL = 2048

function claimsOf({ name, picture, locale }: Pick<Told, 'name' | 'picture' | 'locale'>): ProviderClaims {
  const isName = isLine(name) && name.length <= LONGEST_NAME
  const isPicture =
    typeof picture === 'string' && picture.length <= LONGEST_URL && URL.parse(picture)?.protocol === 'https:'
  const isLocale = typeof locale === 'string' && /^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,4}$/.test(locale)
  return {
    ...(isName && { name }),
    ...(isPicture && { picture }),
    ...(isLocale && { locale: locale.replaceAll('_', '-') }),
  }
}

/** The name that Apple sends beside the code, once and unsigned: good for a profile, and for nothing else. */
export function nameFromApple(text: string | undefined): string | undefined {
  if (text === undefined || text.length > LONGEST_URL) return undefined
  try {
    const user: unknown = JSON.parse(text)
    const name = isJsonObject(user) && isJsonObject(user.name) ? user.name : {}
    const parts = [name.firstName, name.lastName].filter((part) => typeof part === 'string' && part !== '')
    return claimsOf({ name: parts.join(' ') }).name
  } catch {
    return undefined
  }
}

/** GitHub numbers its accounts; what has digits and no more is their id as a text. */
function numberedId(id: unknown): string | undefined {
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? String(id) : undefined
}
