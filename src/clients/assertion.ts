import { type Clock, toSeconds } from '../base/clock.ts'
import type { JsonObject } from '../base/strict-json.ts'
import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'
import { readJwks } from '../keys/jwks.ts'
import type { PublicVerificationKey } from '../keys/verification-key.ts'
import type { Client } from '../model/client.ts'
import type { Store } from '../store/store.ts'
import { type Compact, parseCompact, readJsonPart } from '../tokens/compact.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { firstRefusal, signatureChecks } from '../tokens/signature-checks.ts'

/** A signed text by which a client says who it is (RFC 7523 section 3). Nothing in it is proven. */
export interface Assertion {
  readonly compact: Compact
  readonly claims: JsonObject
  /** Whom it claims to be. */
  readonly subject: string
}

export interface AssertionParts {
  readonly store: Pick<Store, 'oneTime'>
  readonly clock: Clock
  /** Each value of `aud` must be one of these. */
  readonly audiences: readonly string[]
  readonly storeEpoch: number
}

const LONGEST_LIFE_SECONDS = 300
const TOLERANCE_SECONDS = 5
const LONGEST_JTI = 256

/** Takes an assertion apart. Throws `CLIENT_ASSERTION_INVALID`. */
export function readAssertion(text: string): Assertion {
  const compact = parseCompact(text)
  if (compact instanceof Refusal) throw invalid(compact.code)
  const claims = readJsonPart(compact.payload, 'payload')
  if (claims instanceof Refusal) throw invalid(claims.code)
  if (typeof claims.sub !== 'string' || claims.sub === '') throw invalid('sub is missing')
  return { compact, claims, subject: claims.sub }
}

/**
 * Proves that the assertion is the client's, made for us and not used before (C9): signed by a key of its registration,
 * issued by and about itself, for no more than five minutes. Its `jti` is used up by it, last of all, so that a text
 * that was refused uses nothing up. Throws `CLIENT_ASSERTION_INVALID`.
 */
export async function proveAssertion(
  assertion: Assertion,
  client: Client,
  parts: AssertionParts,
): Promise<void> {
  const { compact, claims } = assertion
  const key = keyOf(client, compact.header.kid)
  const forged = firstRefusal(signatureChecks, compact, { key })
  if (forged !== undefined) throw invalid(forged.code)
  const fault = faultOfClaims(assertion, client.id, parts)
  if (fault !== undefined) throw invalid(fault)

  const left = Number(claims.exp) - toSeconds(parts.clock.now()) + TOLERANCE_SECONDS
  const name = hashSecret(`${client.id}\n${claims.jti}`)
  const taken = await parts.store.oneTime.take('client_assertion', name, Math.ceil(left) * 1000)
  if (taken !== 'won') throw invalid('used before')
}

/** A client with one key need not name it. */
function keyOf({ keys }: Client, kid: unknown): PublicVerificationKey | undefined {
  const read = readJwks({ keys }).keys
  return kid === undefined && read.length === 1 ? read[0] : read.find((key) => key.kid === kid)
}

function faultOfClaims(
  { compact, claims }: Assertion,
  id: string,
  parts: AssertionParts,
): string | undefined {
  const { iss, sub, aud, exp, iat, nbf, jti } = claims
  const { typ } = compact.header
  const now = toSeconds(parts.clock.now())
  if (typ !== undefined && !/^((application\/)?client-authentication\+)?jwt$/i.test(String(typ))) return 'typ'
  if (iss !== id || sub !== id) return 'iss and sub must both be the client'
  const audiences = typeof aud === 'string' ? [aud] : Array.isArray(aud) ? aud : []
  if (
    audiences.length === 0 ||
    !audiences.every((one) => typeof one === 'string' && parts.audiences.includes(one))
  )
    return 'aud names another server'
  if (!isTime(exp) || now >= exp + TOLERANCE_SECONDS) return 'exp is missing or past'
  if (exp > now + LONGEST_LIFE_SECONDS + TOLERANCE_SECONDS) return 'exp is more than five minutes away'
  for (const start of [iat, nbf]) {
    if (start !== undefined && !(isTime(start) && start <= now + TOLERANCE_SECONDS))
      return 'iat or nbf lies ahead'
  }
  if (mayBeSpent(iat, now, parts.storeEpoch)) return 'made before the database was put back'
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI) return 'jti is missing or too long'
  return undefined
}

/**
 * Whether it was made before the database was put back, or may have been: what was used up since the backup is known no
 * more (PROTOCOL 2.11). The epoch of a database that was put back is the time of that in seconds, or more.
 */
function mayBeSpent(iat: unknown, now: number, storeEpoch: number): boolean {
  if (Math.abs(now - storeEpoch) > LONGEST_LIFE_SECONDS + 2 * TOLERANCE_SECONDS) return false
  return !(isTime(iat) && iat > storeEpoch + TOLERANCE_SECONDS)
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function invalid(why: string): AuthError {
  return new AuthError('CLIENT_ASSERTION_INVALID', { details: { why } })
}
