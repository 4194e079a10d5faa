import type { Json, JsonObject } from '../base/strict-json.ts'
import { Refusal } from '../errors/refusal.ts'
import { type AccessClaims, type AccessToken, Derived, parseVer } from '../model/access-token.ts'

const NONE: readonly string[] = Object.freeze([])

/**
 * The claims of an access token by their types, or the first that is missing or of the wrong one (RFC 9068 section
 * 2.2). Nothing is coerced: a list that holds one text is no text. Times are seconds and may have a fraction (RFC
 * 7519 section 2). What the claims say is not judged here, and nothing is proven by it.
 */
export function readAccessClaims(payload: JsonObject): AccessToken | Refusal {
  if (!isAccessClaims(payload)) return faultOf(payload) ?? wrongType('claims')
  const { ver, scope, roles = NONE, amr = NONE, sid: sessionId, auth_time: authTime } = payload
  const counters = ver === undefined ? undefined : parseVer(ver)
  if (ver !== undefined && counters === undefined) return wrongType('ver')
  const scopes = scope ? Object.freeze(splitAtSpaces(scope)) : NONE
  return {
    claims: payload,
    sessionId,
    authTime,
    scopes,
    roles,
    amr,
    counters,
    isNarrowed: payload.narrowed !== undefined && payload.narrowed !== false,
    derived: new Derived(),
  }
}

/** As `split` does, which takes twice as long for a text that it has not seen before. */
function splitAtSpaces(text: string): string[] {
  const words: string[] = []
  let from = 0
  for (let at = text.indexOf(' '); at !== -1; at = text.indexOf(' ', from)) {
    words.push(text.slice(from, at))
    from = at + 1
  }
  words.push(text.slice(from))
  return words
}

function isAccessClaims(payload: JsonObject): payload is JsonObject & AccessClaims {
  return faultOf(payload) === undefined
}

/** Written out claim by claim: this runs for every token that is not remembered. */
function faultOf(claims: JsonObject): Refusal | undefined {
  const { iss, sub, client_id, jti, exp, iat, nbf, auth_time, sid, ver, scope, roles, amr } = claims
  if (!isText(iss)) return fault('iss', iss)
  if (!isText(sub)) return fault('sub', sub)
  if (!isText(client_id)) return fault('client_id', client_id)
  if (!isText(jti)) return fault('jti', jti)
  if (!isTime(exp)) return fault('exp', exp)
  if (!isTime(iat)) return fault('iat', iat)
  if (nbf !== undefined && !isTime(nbf)) return fault('nbf', nbf)
  if (auth_time !== undefined && !isTime(auth_time)) return fault('auth_time', auth_time)
  if (sid !== undefined && !isText(sid)) return fault('sid', sid)
  if (ver !== undefined && !isText(ver)) return fault('ver', ver)
  if (scope !== undefined && typeof scope !== 'string') return fault('scope', scope)
  if (roles !== undefined && !isTexts(roles)) return fault('roles', roles)
  if (amr !== undefined && !isTexts(amr)) return fault('amr', amr)
  return faultOfAudience(claims)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}

function faultOfAudience({ aud, token_use }: JsonObject): Refusal | undefined {
  if (typeof aud === 'string' ? aud !== '' : isTexts(aud) && aud.length > 0) return undefined
  if (aud !== undefined) return wrongType('aud')
  // Amazon Cognito says what its tokens are for in this claim and names no audience.
  return token_use === 'access' ? new Refusal('AUD_IN_CLIENT_ID') : missing('aud')
}

function isTexts(value: Json | undefined): value is readonly string[] {
  if (!Array.isArray(value)) return false
  const items: readonly Json[] = value
  for (const item of items) if (typeof item !== 'string') return false
  return true
}

function fault(claim: string, value: Json | undefined): Refusal {
  return value === undefined ? missing(claim) : wrongType(claim)
}

function missing(claim: string): Refusal {
  return new Refusal(claim === 'exp' ? 'EXP_MISSING' : 'CLAIM_MISSING', { details: { claim } })
}

function wrongType(claim: string): Refusal {
  const code = claim === 'exp' ? 'EXP_WRONG_TYPE' : claim === 'sub' ? 'SUB_NOT_STRING' : 'CLAIM_WRONG_TYPE'
  return new Refusal(code, { details: { claim } })
}
