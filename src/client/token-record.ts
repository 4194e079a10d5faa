/** The answer of the token endpoint (RFC 6749 section 5.1), as far as it concerns a client. */
export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly refresh_token?: string
  readonly scope?: string
}

/** The tokens of a session as a client keeps them. Times are of the server's clock, in milliseconds. */
export interface TokenRecord {
  readonly access: string
  readonly refresh: string
  readonly scope: string
  readonly expires: number
  /** From here on a new access token is fetched while this one still serves. */
  readonly renew: number
  /** The server's clock minus ours, when this was written. */
  readonly ahead: number
  /**
   * The `Idempotency-Key` of the refresh under way: stored before it is sent, so that whoever comes later, a night or a
   * reload, asks for the same successor again.
   */
  readonly attempt?: string
  /** Until when, by our own clock, its sender may be waited for. Only looked at where there are no Web Locks. */
  readonly busy?: number
}

/** When to renew, as a part of the access token's life; ± 10 %, so that no rhythm can be learnt (and tabs spread). */
const RENEW_AT = 0.85
const JITTER = 0.1

export interface Receipt {
  /** The server's clock when the question was sent: the token was made no earlier. */
  readonly asked: number
  readonly ahead: number
  /** From 0 to below 1. */
  readonly chance: number
}

/** `former` lends its refresh token to an answer that brought none. */
export function recordOf(
  tokens: TokenAnswer,
  { asked, ahead, chance }: Receipt,
  former?: TokenRecord,
): TokenRecord {
  const life = tokens.expires_in * 1000
  return {
    access: tokens.access_token,
    refresh: tokens.refresh_token ?? former?.refresh ?? '',
    scope: tokens.scope ?? former?.scope ?? '',
    expires: asked + life,
    renew: asked + life * RENEW_AT * (1 - JITTER + 2 * JITTER * chance),
    ahead,
  }
}

/** Undefined for a text that is none of ours: it is let lie, and nobody is signed in by it. */
export function readRecord(text: string | undefined): TokenRecord | undefined {
  try {
    const record = JSON.parse(text ?? '')
    const { access, refresh, scope, expires, renew, ahead } = record
    const texts = [access, refresh, scope].every((value) => typeof value === 'string')
    return texts && [expires, renew, ahead].every(Number.isFinite) ? record : undefined
  } catch {
    return undefined
  }
}

/** How good an access token is at this time of the server's clock. */
export function freshnessOf({ renew, expires }: TokenRecord, now: number): 'fresh' | 'due' | 'expired' {
  return now < renew ? 'fresh' : now < expires ? 'due' : 'expired'
}

/** Who an access token says it is for. Shown to people; nothing is decided by it, for nobody has checked it here. */
export interface Claims {
  readonly sub?: string
  readonly sid?: string
}

export function claimsOf({ access }: TokenRecord): Claims {
  try {
    const payload = access.split('.')[1] ?? ''
    const { sub, sid } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    return { sub, sid }
  } catch {
    return {}
  }
}
