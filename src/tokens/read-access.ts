import type { Clock } from '../base/clock.ts'
import { Refusal } from '../errors/refusal.ts'
import type { KeyLookup } from '../keys/key-lookup.ts'
import type { AccessToken } from '../model/access-token.ts'
import {
  type AccessRules,
  accessChecks,
  originChecks,
  parseAccessToken,
  standingChecks,
} from './access-checks.ts'
import { type KnownHeader, LONGEST_TOKEN } from './compact.ts'
import { firstRefusal } from './signature-checks.ts'
import { rememberVerifiedTokens } from './verified-tokens.ts'

export interface AccessReaderOptions extends Omit<AccessRules, 'toleranceSeconds'> {
  readonly keys: KeyLookup
  readonly clock: Clock
  /** 5 unless said otherwise, at most 60. */
  readonly toleranceSeconds?: number
  /** How much the memory for genuine signatures may take. 32 MiB unless said otherwise, 0 for none. */
  readonly cache?: { readonly maxBytes: number }
  /** Told of errors in the functions handed in, which deny. */
  readonly report?: (error: unknown) => void
}

/** Reads access tokens for one issuer and audience. Immutable: other rules are another reader, with a memory of its own. */
export interface AccessReader {
  /** The token, proven genuine and good now, or why not. Says nothing about what it may do. Never throws. */
  read(text: string): AccessToken | Refusal
  /**
   * The same for a token that may have expired or ended: genuine and ours, enough to end its session and for nothing
   * else.
   */
  readExpired(text: string): AccessToken | Refusal
}

const TOLERANCE_SECONDS = { usual: 5, most: 60 } as const
const CACHE_BYTES = 32 * 1024 * 1024

/** Headers of good tokens that are kept: one a key, as a rule. */
const MOST_HEADERS = 16

/**
 * A verifier of access tokens. Synchronous: it waits for nothing, neither network nor thread pool. Throws RangeError
 * where its rules are none.
 */
export function createAccessReader(options: AccessReaderOptions): AccessReader {
  const { keys, clock, report } = options
  const rules = readRules(options)
  const memory = rememberVerifiedTokens(options.cache?.maxBytes ?? CACHE_BYTES)
  const knownHeaders: KnownHeader[] = []

  const readUnknown = (text: string, nowSeconds: number): AccessToken | Refusal => {
    const presented = parseAccessToken(text, knownHeaders)
    if (presented instanceof Refusal) return presented
    const { header, signature, token } = presented
    const key = typeof header.kid === 'string' ? keys(header.kid) : undefined
    const refusal = firstRefusal(accessChecks, presented, { rules, key, nowSeconds })
    if (refusal !== undefined) return refusal
    if (token instanceof Refusal) return token

    if (knownHeaders.length < MOST_HEADERS && !knownHeaders.some((known) => known.header === header)) {
      knownHeaders.push({ text: text.slice(0, text.indexOf('.')), header })
    }
    if (key !== undefined) memory.offer({ text, key, header, claims: token.claims, token }, signature)
    return token
  }

  return {
    read(text) {
      if (typeof text !== 'string') return new Refusal('TOKEN_OPAQUE')
      try {
        const nowSeconds = clock.now() / 1000
        const known = text.length <= LONGEST_TOKEN ? memory.find(text) : undefined
        if (known === undefined) return readUnknown(text, nowSeconds)
        return firstRefusal(standingChecks, known, { rules, key: known.key, nowSeconds }) ?? known.token
      } catch (error) {
        report?.(error)
        return new Refusal('INTERNAL')
      }
    },
    readExpired(text) {
      try {
        const presented = parseAccessToken(text)
        if (presented instanceof Refusal) return presented
        const { kid } = presented.header
        const key = typeof kid === 'string' ? keys(kid) : undefined
        const context = { rules, key, nowSeconds: clock.now() / 1000 }
        return firstRefusal(originChecks, presented, context) ?? presented.token
      } catch (error) {
        report?.(error)
        return new Refusal('INTERNAL')
      }
    },
  }
}

function readRules(options: AccessReaderOptions): AccessRules {
  const { issuer, audience, maxLifetimeSeconds, revocation } = options
  const toleranceSeconds = options.toleranceSeconds ?? TOLERANCE_SECONDS.usual
  const maxBytes = options.cache?.maxBytes ?? 0
  const problems = [
    issuer === '' && 'an issuer is needed',
    audience === '' && 'an audience is needed',
    !(toleranceSeconds >= 0 && toleranceSeconds <= TOLERANCE_SECONDS.most) &&
      'the tolerance is 0 to 60 seconds',
    !(maxLifetimeSeconds > 0 && maxLifetimeSeconds < Number.POSITIVE_INFINITY) &&
      'the longest life is a limit',
    !(maxBytes >= 0 && maxBytes < Number.POSITIVE_INFINITY) && 'the memory has a size',
  ].filter((problem) => problem !== false)
  if (problems.length > 0) throw new RangeError(problems.join('; '))
  return Object.freeze({ issuer, audience, toleranceSeconds, maxLifetimeSeconds, revocation })
}
