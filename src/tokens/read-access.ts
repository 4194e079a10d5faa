import type { Clock } from '../base/clock.ts'
import type { JsonObject } from '../base/strict-json.ts'
import { Refusal } from '../errors/refusal.ts'
import type { KeyLookup, VerificationKey } from '../keys/verification-key.ts'
import type { AccessToken } from '../model/access-token.ts'
import {
  type AccessRules,
  accessChecks,
  originChecks,
  type Presented,
  parseAccessToken,
  type ReadClaims,
  standingChecks,
  type TokenType,
} from './access-checks.ts'
import { readAccessClaims } from './access-claims.ts'
import { type KnownHeader, LONGEST_TOKEN } from './compact.ts'
import { causeOfIssuer } from './diagnosis.ts'
import { firstRefusal } from './signature-checks.ts'
import { rememberVerifiedTokens } from './verified-tokens.ts'

/** One issuer whose tokens are taken, and on what terms. Its keys count for its own tokens only. */
export interface TrustedIssuer extends Pick<AccessRules, 'issuer' | 'maxLifetimeSeconds' | 'revocation'> {
  /** Our own identifier, or several of which one will do. */
  readonly audience: string | readonly string[]
  readonly keys: KeyLookup
  /** 5 unless said otherwise, at most 60. */
  readonly toleranceSeconds?: number
  /** `at+jwt` unless said otherwise. */
  readonly type?: TokenType
  readonly expect?: Readonly<Record<string, string>>
  /** For issuers that use other claims than RFC 9068. */
  readonly readClaims?: ReadClaims
}

export interface ReaderParts {
  readonly clock: Clock
  /** How much the memory for genuine signatures may take. 32 MiB unless said otherwise, 0 for none. */
  readonly cache?: { readonly maxBytes: number }
  /** Told of errors in the functions handed in, which deny. */
  readonly report?: (error: unknown) => void
}

export interface AccessReaderOptions extends TrustedIssuer, ReaderParts {}

/** Reads access tokens on fixed terms. Immutable: other rules are another reader, with a memory of its own. */
export interface AccessReader {
  /** The token, proven genuine and good now, or why not. Says nothing about what it may do. Never throws. */
  read(text: string): AccessToken | Refusal
  /**
   * The same for a token that may have expired or ended, or come out of the future: genuine and ours, enough to end its
   * session and for nothing else.
   */
  readExpired(text: string): AccessToken | Refusal
}

const TOLERANCE_SECONDS = { usual: 5, most: 60 } as const
const CACHE_BYTES = 32 * 1024 * 1024
const MOST_CACHE_BYTES = 16 * 1024 ** 3

/** Headers of good tokens that are kept: one a key, as a rule. */
const MOST_HEADERS = 16

/**
 * A verifier of access tokens. Synchronous: it waits for nothing, neither network nor thread pool. Throws RangeError
 * where its rules are none.
 */
export function createAccessReader(options: AccessReaderOptions): AccessReader {
  return createReaderOfSeveral([options], options)
}

/** The same for the tokens of several issuers. What a token says its issuer is decides whose keys and rules count. */
export function createReaderOfSeveral(
  issuers: readonly TrustedIssuer[],
  { clock, report, cache }: ReaderParts,
): AccessReader {
  const trusts = readTrusts(issuers, cache)
  const memory = rememberVerifiedTokens<Trust>(cache?.maxBytes ?? CACHE_BYTES)
  const knownHeaders: KnownHeader[] = []

  const learnHeader = (text: string, header: JsonObject): void => {
    if (knownHeaders.length === MOST_HEADERS) return
    for (const known of knownHeaders) if (known.header === header) return
    knownHeaders.push({ text: text.slice(0, text.indexOf('.')), header })
  }

  const readUnknown = (text: string, nowSeconds: number): AccessToken | Refusal => {
    const presented = parseAccessToken(text, knownHeaders, trusts.readClaims)
    if (presented instanceof Refusal) return presented
    const { header, signature, claims, token } = presented
    const trust = trusts.of(claims)
    if (trust instanceof Refusal) return trust
    const key = keyNamed(header, trust)
    const refusal = firstRefusal(accessChecks, presented, { rules: trust.rules, key, nowSeconds })
    if (refusal !== undefined) return refusal
    if (token instanceof Refusal) return token

    learnHeader(text, header)
    if (key !== undefined) memory.offer({ text, key, header, claims: token.claims, token, trust }, signature)
    return token
  }

  const readAny = (text: string, nowSeconds: number): AccessToken | Refusal => {
    const presented = parseAccessToken(text, undefined, trusts.readClaims)
    if (presented instanceof Refusal) return presented
    const trust = trusts.of(presented.claims)
    if (trust instanceof Refusal) return trust
    const key = keyNamed(presented.header, trust)
    return firstRefusal(originChecks, presented, { rules: trust.rules, key, nowSeconds }) ?? presented.token
  }

  const denied = (error: unknown): Refusal => {
    report?.(error)
    return new Refusal('INTERNAL')
  }

  return {
    read(text) {
      if (typeof text !== 'string') return new Refusal('TOKEN_OPAQUE')
      try {
        const nowSeconds = clock.now() / 1000
        const known = text.length <= LONGEST_TOKEN ? memory.find(text) : undefined
        if (known === undefined) return readUnknown(text, nowSeconds)
        const context = { rules: known.trust.rules, key: known.key, nowSeconds }
        return firstRefusal(standingChecks, known, context) ?? known.token
      } catch (error) {
        return denied(error)
      }
    },
    readExpired(text) {
      if (typeof text !== 'string') return new Refusal('TOKEN_OPAQUE')
      try {
        return readAny(text, clock.now() / 1000)
      } catch (error) {
        return denied(error)
      }
    },
  }
}

/** The terms of one issuer, checked and fixed. */
interface Trust {
  readonly rules: AccessRules
  readonly keys: KeyLookup
  readonly readClaims: ReadClaims
}

interface Trusts {
  /** Whose keys and rules count for a token with these claims. */
  of(claims: Presented['claims']): Trust | Refusal
  readonly readClaims: ReadClaims
}

/** The `kid` is data that nothing has proven: only ever a key of the Map of that issuer's own keys (RFC 8725 3.10). */
function keyNamed({ kid }: JsonObject, trust: Trust): VerificationKey | undefined {
  return typeof kid === 'string' ? trust.keys(kid) : undefined
}

function readTrusts(issuers: readonly TrustedIssuer[], cache: ReaderParts['cache']): Trusts {
  const problems = [...issuers.flatMap(problemsOf), ...problemsOfMemory(cache)]
  if (new Set(issuers.map(({ issuer }) => issuer)).size < issuers.length)
    problems.push('an issuer stands twice')
  const [only, ...others] = issuers.map(trustOf)
  if (only === undefined) problems.push('an issuer is needed')
  if (only === undefined || problems.length > 0) throw new RangeError(problems.join('; '))

  // A token of somebody else is asked all the questions in order, so that its signature is what is wrong with it first.
  if (others.length === 0) return { of: () => only, readClaims: only.readClaims }

  const byIssuer = new Map([only, ...others].map((trust) => [trust.rules.issuer, trust]))
  const find = (iss: unknown): Trust | undefined => (typeof iss === 'string' ? byIssuer.get(iss) : only)
  return {
    of: ({ iss }) => find(iss) ?? causeOfStranger(String(iss), [...byIssuer.keys()]),
    readClaims: (claims, signingInput) => (find(claims.iss) ?? only).readClaims(claims, signingInput),
  }
}

/** An issuer that is none of ours: by the one it comes nearest to. */
function causeOfStranger(iss: string, ours: readonly string[]): Refusal {
  const causes = ours.map((expected) => causeOfIssuer(iss, expected))
  const [first = new Refusal('ISS_OTHER_ENVIRONMENT')] = causes
  return causes.find(({ code }) => code !== 'ISS_OTHER_ENVIRONMENT') ?? first
}

function trustOf(issuer: TrustedIssuer): Trust {
  const { audience, expect = {}, type = 'at+jwt', readClaims = readAccessClaims, keys } = issuer
  const rules: AccessRules = Object.freeze({
    issuer: issuer.issuer,
    audiences: Object.freeze(typeof audience === 'string' ? [audience] : [...audience]),
    type,
    expect: Object.freeze(Object.entries(expect)),
    toleranceSeconds: issuer.toleranceSeconds ?? TOLERANCE_SECONDS.usual,
    maxLifetimeSeconds: issuer.maxLifetimeSeconds,
    revocation: issuer.revocation,
  })
  return Object.freeze({ rules, keys, readClaims })
}

/** A number of seconds within which clocks may be apart. A text of digits would be written behind the time of an end. */
export function isTolerance(seconds: unknown): boolean {
  return typeof seconds === 'number' && seconds >= 0 && seconds <= TOLERANCE_SECONDS.most
}

/** A number of seconds that no token may live longer than. */
export function isLifeLimit(seconds: unknown): boolean {
  return typeof seconds === 'number' && seconds > 0 && seconds < Number.POSITIVE_INFINITY
}

/** A size for the memory of genuine signatures, in bytes. */
export function isCacheSize(bytes: unknown): boolean {
  return typeof bytes === 'number' && bytes >= 0 && bytes <= MOST_CACHE_BYTES
}

function problemsOf(issuer: TrustedIssuer): string[] {
  const { audience, maxLifetimeSeconds, toleranceSeconds = TOLERANCE_SECONDS.usual } = issuer
  const audiences = typeof audience === 'string' ? [audience] : audience
  return [
    issuer.issuer === '' && 'an issuer is needed',
    (audiences.length === 0 || audiences.includes('')) && 'an audience is needed',
    !isTolerance(toleranceSeconds) && 'the tolerance is 0 to 60 seconds',
    !isLifeLimit(maxLifetimeSeconds) && 'the longest life is a limit',
  ].filter((problem) => problem !== false)
}

function problemsOfMemory(cache: ReaderParts['cache']): string[] {
  return isCacheSize(cache?.maxBytes ?? 0) ? [] : ['the memory has a size']
}
