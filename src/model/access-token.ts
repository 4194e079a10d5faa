/** The claims of an access token (RFC 9068 section 2.2), frozen all the way down. */
export interface AccessClaims {
  /** The issuer, byte for byte. */
  readonly iss: string
  readonly aud: string | readonly string[]
  /** Random id of the user, or the id of a client that acts for itself; never given to anybody else. */
  readonly sub: string
  readonly client_id: string
  /** Seconds since 1970, as are all times here. */
  readonly exp: number
  readonly iat: number
  readonly nbf?: number
  /** Names this one token, for revocation. */
  readonly jti: string
  /** The session it came from; absent where there is none. */
  readonly sid?: string
  /** The counters it was made under, as `formatVer` writes them. */
  readonly ver?: string
  /** Names joined by single spaces (RFC 6749 section 3.3). */
  readonly scope?: string
  readonly roles?: readonly string[]
  /** How the user proved who they are (RFC 8176). */
  readonly amr?: readonly string[]
  /** When they did. */
  readonly auth_time?: number
  /** True where less was asked for than the roles allow; absent otherwise. */
  readonly narrowed?: boolean
  /** The key the token is bound to (RFC 7800, 9449): then it is never taken as Bearer. */
  readonly cnf?: unknown
  /** The application's own. */
  readonly [own: string]: unknown
}

/**
 * An access token whose claims have the right types, made ready for use. It is shared by all requests that carry it.
 * What may be absent is read here and not out of `claims`, which inherit what others may have added to all objects.
 */
export interface AccessToken {
  readonly claims: AccessClaims
  /** `sid`. */
  readonly sessionId: string | undefined
  /** `auth_time`. */
  readonly authTime: number | undefined
  /** `scope`, split. */
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly amr: readonly string[]
  /** `narrowed`: whatever is there but `false` makes a token less, never more. */
  readonly isNarrowed: boolean
  /** `ver`, read. */
  readonly counters: Counters | undefined
  readonly derived: Derived
}

/**
 * What others work out of the claims of a token and of nothing else, kept with it so that it is worked out once. It
 * is not frozen, for it is filled in when it is first asked for; no handler gets to see it.
 */
export class Derived {
  /** The application's own claims, frozen. */
  ownClaims: Readonly<Record<string, unknown>> | undefined
  /** The memory of revocations that has worked out where it would have what ends the token. */
  placedBy: object | undefined
  tokenPlace = 0
  sessionPlace = 0
  userPlace = 0
  /** The last state of that memory in which nothing ended the token; states are counted from 0. */
  clearIn = -1
}

/** What a token must not be older than (PROTOCOL 2.7). */
export interface Counters {
  readonly user: number
  readonly client: number
  readonly store: number
}

/** Claims that mean something to us, and so are nobody's own. */
export const RESERVED_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'aud',
  'sub',
  'client_id',
  'exp',
  'iat',
  'nbf',
  'jti',
  'sid',
  'ver',
  'scope',
  'roles',
  'amr',
  'acr',
  'auth_time',
  'narrowed',
  'cnf',
  '__proto__',
])

/** The text of `ver`: the three counters as read by the statement that minted, joined by dots. */
export function formatVer(counters: Counters): string {
  return `${counters.user}.${counters.client}.${counters.store}`
}

const MOST_DIGITS = 15
const ZERO = 48

/** The counters of a `ver`, or undefined. One spelling only: whole numbers, no sign, no leading zero. */
export function parseVer(text: string): Counters | undefined {
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  const user = counterAt(text, 0, first)
  const client = counterAt(text, first + 1, second)
  const store = counterAt(text, second + 1, text.length)
  return user === undefined || client === undefined || store === undefined
    ? undefined
    : { user, client, store }
}

/** By hand, for this runs for every token that is not remembered: a pattern takes twice as long. */
function counterAt(text: string, from: number, to: number): number | undefined {
  const digits = to - from
  if (digits < 1 || digits > MOST_DIGITS || (digits > 1 && text.charCodeAt(from) === ZERO)) return undefined
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return value
}
