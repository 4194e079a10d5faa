import type { ClocksRead } from '../base/clock.ts'
import type { JsonObject } from '../base/strict-json.ts'
import type { Cause } from '../errors/codes.ts'
import { Refusal } from '../errors/refusal.ts'
import type { AccessToken } from '../model/access-token.ts'
import { readAccessClaims } from './access-claims.ts'
import { type Compact, type KnownHeader, parseCompact, readJsonPart } from './compact.ts'
import {
  causeOfAudience,
  causeOfExpiry,
  causeOfIssuer,
  causeOfLife,
  causeOfType,
  causeOfUse,
  isIdToken,
} from './diagnosis.ts'
import { algorithm, type Check, critical, type KeyContext, key, signature } from './signature-checks.ts'

/**
 * How the tokens of an issuer say that they are access tokens: `at+jwt` (RFC 9068), which nothing else says; `JWT` or
 * nothing, where an ID token is only known by its claims; `id_token` takes ID tokens on purpose.
 */
export type TokenType = 'at+jwt' | 'JWT' | 'id_token'

/** What one verifier demands of the tokens of one issuer. */
export interface AccessRules {
  /** Compared byte for byte. */
  readonly issuer: string
  /** Our own identifiers: the token names exactly one of them, alone or in a list. */
  readonly audiences: readonly string[]
  readonly type: TokenType
  /** Claims that have exactly these values, such as `token_use` at Amazon Cognito. */
  readonly expect: readonly (readonly [claim: string, value: string])[]
  /** How far two clocks may be apart. */
  readonly toleranceSeconds: number
  /** The longest life a token may claim, for revocations are not remembered longer. */
  readonly maxLifetimeSeconds: number
  /**
   * Whether the token, its session, user, client or key was revoked, its counters are behind, or what this is known
   * from is too old to say.
   */
  readonly revocation?: RevocationQuestion | undefined
}

export type RevocationQuestion = (token: AccessToken, kid?: string, read?: ClocksRead) => Cause | undefined

export interface AccessContext extends KeyContext {
  readonly rules: AccessRules
  readonly nowSeconds: number
}

/** An access token as presented: typed if it can be, proven only by the check `signature`. */
export interface Presented {
  readonly header: JsonObject
  readonly claims: Readonly<Record<string, unknown>>
  /** The claims by their types, or why they are none of an access token. */
  readonly token: AccessToken | Refusal
}

export interface PresentedCompact extends Presented, Compact {}

/** Makes an access token of a payload by its types, or says what is wrong with it. Proves nothing. */
export type ReadClaims = (payload: JsonObject, signingInput: string) => AccessToken | Refusal

/** Takes an access token apart, or says in what way it is none. Proves nothing. */
export function parseAccessToken(
  text: string,
  knownHeaders?: readonly KnownHeader[],
  readClaims: ReadClaims = readAccessClaims,
): PresentedCompact | Refusal {
  const compact = parseCompact(text, knownHeaders)
  if (compact instanceof Refusal) return compact
  const claims = readJsonPart(compact.payload, 'payload')
  if (claims instanceof Refusal) return claims
  const { header, payload, signingInput, signature } = compact
  return { header, payload, signingInput, signature, claims, token: readClaims(claims, signingInput) }
}

/** A token whose claims have their types. */
interface Typed extends Presented {
  readonly token: AccessToken
}

type TypedCheck = Check<Typed, AccessContext>

function isTyped(presented: Presented): presented is Typed {
  return !(presented.token instanceof Refusal)
}

/** Access tokens are `at+jwt` (RFC 9068 section 4); ID, logout, DPoP and other tokens are something else. */
const type: Check<Presented, AccessContext> = {
  name: 'type',
  check: ({ header: { typ }, claims }, { rules }) =>
    (rules.type === 'at+jwt' ? isAccessType(typ) : isPlainType(typ, claims, rules.type))
      ? undefined
      : causeOfType(typ, claims),
}

function isAccessType(typ: unknown): boolean {
  return typ === 'at+jwt' || (typeof typ === 'string' && /^(?:application\/)?at\+jwt$/i.test(typ))
}

/** Where a token does not say what it is, the claims that only ID tokens carry say that it is none for an API. */
function isPlainType(typ: unknown, claims: Presented['claims'], type: TokenType): boolean {
  const isPlain = typ === undefined || (typeof typ === 'string' && /^(?:application\/)?jwt$/i.test(typ))
  return isPlain && (type === 'id_token' || !isIdToken(claims))
}

/** Times are numbers, names are texts (RFC 9068 section 2.2). */
const claimTypes: Check<Presented, AccessContext> = {
  name: 'claim types',
  check: ({ token }) => (token instanceof Refusal ? token : undefined),
}

const issuer: TypedCheck = {
  name: 'issuer',
  check: ({ token: { claims } }, { rules }) =>
    claims.iss === rules.issuer ? undefined : causeOfIssuer(claims.iss, rules.issuer),
}

const audience: TypedCheck = {
  name: 'audience',
  check({ token: { claims } }, { rules: { audiences } }) {
    const { aud } = claims
    const isOurs =
      typeof aud === 'string' ? audiences.includes(aud) : aud.some((name) => audiences.includes(name))
    return isOurs ? undefined : causeOfAudience(claims, audiences)
  },
}

/** What issuers other than ours say a token is for, in claims of their own. */
const use: TypedCheck = {
  name: 'use',
  check({ token: { claims } }, { rules: { expect } }) {
    for (const [claim, value] of expect) {
      if (!Object.hasOwn(claims, claim) || claims[claim] !== value) return causeOfUse(claims, claim)
    }
    return undefined
  },
}

const expiry: TypedCheck = {
  name: 'expiry',
  check({ token: { claims } }, { rules, nowSeconds }) {
    const { exp } = claims
    return nowSeconds < exp + rules.toleranceSeconds ? undefined : causeOfExpiry(exp, nowSeconds)
  },
}

/** A token out of the future was not made by our clock. */
const start: TypedCheck = {
  name: 'start',
  check({ token: { claims } }, { rules, nowSeconds }) {
    const { iat, nbf = iat } = claims
    const ahead = Math.max(iat, nbf) - nowSeconds
    return ahead <= rules.toleranceSeconds
      ? undefined
      : new Refusal('CLOCK_VERIFIER_BEHIND', { details: { iat, nbf, secondsAhead: Math.round(ahead) } })
  },
}

const lifetime: TypedCheck = {
  name: 'lifetime',
  check: ({ token: { claims } }, { rules }) =>
    claims.exp - claims.iat <= rules.maxLifetimeSeconds
      ? undefined
      : causeOfLife(claims, rules.maxLifetimeSeconds),
}

/** A token that is bound to a key is worth nothing without proof of that key (RFC 9449 section 7.1, RFC 8705). */
const binding: TypedCheck = {
  name: 'binding',
  check: ({ token: { claims } }) =>
    claims.cnf === undefined ? undefined : new Refusal('DPOP_TOKEN_AS_BEARER'),
}

const revocation: TypedCheck = {
  name: 'revocation',
  check({ token, header: { kid } }, { rules, nowSeconds }) {
    const named = typeof kid === 'string' ? kid : undefined
    const cause = rules.revocation?.(token, named, { now: nowSeconds * 1000 })
    return cause === undefined ? undefined : new Refusal(cause)
  },
}

const claimChecks = [issuer, audience, use, expiry, start, lifetime, binding, revocation]

/** Where claims are of the wrong types the answer is that, so that it fails closed. */
function ifTyped({ name, check }: TypedCheck): Check<Presented, AccessContext> {
  return {
    name,
    check: (presented, context) =>
      isTyped(presented) ? check(presented, context) : claimTypes.check(presented, context),
  }
}

/**
 * Every question put to an access token, in order. The guard stops at the first objection; the doctor asks them all.
 * Before `signature` has passed, nothing that the token says is true.
 */
export const accessChecks: readonly Check<PresentedCompact, AccessContext>[] = [
  type,
  critical,
  algorithm,
  claimTypes,
  key,
  signature,
  ...claimChecks.map(ifTyped),
]

/** What is asked again each time of a token whose signature is remembered (PROTOCOL 4.1). */
export const standingChecks: readonly TypedCheck[] = [type, ...claimChecks]

const timely: readonly string[] = [expiry, start, revocation].map(({ name }) => name)

/**
 * What is asked of a token that need only say whose session it was: genuine and ours, whether its time has come, is over or
 * was ended. By a clock that is wrong it may be either.
 */
export const originChecks: readonly Check<PresentedCompact, AccessContext>[] = accessChecks.filter(
  ({ name }) => !timely.includes(name),
)
