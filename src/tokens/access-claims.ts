import type { Json, JsonObject } from '../base/strict-json.ts'
import { Refusal } from '../errors/refusal.ts'
import { type AccessClaims, type AccessToken, parseVer } from '../model/access-token.ts'

const NONE: readonly string[] = Object.freeze([])

/**
 * The claims of an access token by their types, or the first that is missing or of the wrong one (RFC 9068 section
 * 2.2). Nothing is coerced: a list that holds one text is no text. Times are seconds and may have a fraction (RFC
 * 7519 section 2). What the claims say is not judged here, and nothing is proven by it.
 */
export function readAccessClaims(payload: JsonObject): AccessToken | Refusal {
  if (!isAccessClaims(payload)) return faultOf(payload) ?? wrongType('claims')
  const { ver, scope, roles = NONE, amr = NONE } = payload
  const counters = ver === undefined ? undefined : parseVer(ver)
  if (ver !== undefined && counters === undefined) return wrongType('ver')
  const scopes = scope ? Object.freeze(scope.split(' ').filter((name) => name !== '')) : NONE
  return Object.freeze({ claims: payload, scopes, roles, amr, counters })
}

function isAccessClaims(payload: JsonObject): payload is JsonObject & AccessClaims {
  return faultOf(payload) === undefined
}

/** Written out claim by claim: this runs for every token that is not remembered. */
function faultOf(claims: JsonObject): Refusal | undefined {
  return (
    faultOfText(claims.iss, 'iss') ??
    faultOfText(claims.sub, 'sub') ??
    faultOfText(claims.client_id, 'client_id') ??
    faultOfText(claims.jti, 'jti') ??
    faultOfTime(claims.exp, 'exp') ??
    faultOfTime(claims.iat, 'iat') ??
    faultOfAudience(claims) ??
    (claims.nbf === undefined ? undefined : faultOfTime(claims.nbf, 'nbf')) ??
    (claims.auth_time === undefined ? undefined : faultOfTime(claims.auth_time, 'auth_time')) ??
    (claims.sid === undefined ? undefined : faultOfText(claims.sid, 'sid')) ??
    (claims.ver === undefined ? undefined : faultOfText(claims.ver, 'ver')) ??
    (claims.scope === undefined || typeof claims.scope === 'string' ? undefined : wrongType('scope')) ??
    (claims.roles === undefined || isTexts(claims.roles) ? undefined : wrongType('roles')) ??
    (claims.amr === undefined || isTexts(claims.amr) ? undefined : wrongType('amr'))
  )
}

function faultOfText(value: Json | undefined, claim: string): Refusal | undefined {
  if (typeof value === 'string' && value !== '') return undefined
  return value === undefined ? missing(claim) : wrongType(claim)
}

function faultOfTime(value: Json | undefined, claim: string): Refusal | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return undefined
  return value === undefined ? missing(claim) : wrongType(claim)
}

function faultOfAudience({ aud, token_use }: JsonObject): Refusal | undefined {
  if (typeof aud === 'string' ? aud !== '' : isTexts(aud) && aud.length > 0) return undefined
  if (aud !== undefined) return wrongType('aud')
  // Amazon Cognito says what its tokens are for in this claim and names no audience.
  return token_use === 'access' ? new Refusal('AUD_IN_CLIENT_ID') : missing('aud')
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function missing(claim: string): Refusal {
  return new Refusal(claim === 'exp' ? 'EXP_MISSING' : 'CLAIM_MISSING', { details: { claim } })
}

function wrongType(claim: string): Refusal {
  const code = claim === 'exp' ? 'EXP_WRONG_TYPE' : claim === 'sub' ? 'SUB_NOT_STRING' : 'CLAIM_WRONG_TYPE'
  return new Refusal(code, { details: { claim } })
}
