import { createHash } from 'node:crypto'
import { isJsonObject, type Json, type JsonObject } from '../base/strict-json.ts'
import type { ReadClaims } from './access-checks.ts'
import { readAccessClaims } from './access-claims.ts'

/** The name of a claim, or the way to one inside others: `['realm_access', 'roles']`. A dot is part of a name. */
export type ClaimPath = string | readonly string[]

/**
 * Where an issuer that does not follow RFC 9068 writes what an access token says. What is not named here has the name
 * it has there. A claim that is missing or of the wrong type refuses the token, here as there.
 */
export interface ClaimMap {
  readonly subject?: ClaimPath
  readonly clientId?: ClaimPath
  readonly audience?: ClaimPath
  /** One text with spaces, or a list of texts. */
  readonly scope?: ClaimPath
  /** A list of texts. */
  readonly roles?: ClaimPath
  readonly sessionId?: ClaimPath
  /** `none`: its tokens carry no id of their own, and the SHA-256 of what is signed stands for one. */
  readonly tokenId?: ClaimPath | 'none'
  /** The claim, and its value, by which a token says that a client acts for itself; its `sub` is then the client. */
  readonly clientItself?: readonly [claim: ClaimPath, value: string]
}

/** Reads the claims of such an issuer as those of an access token. Claims that nothing maps from stay as they are. */
export function readByMap(map: ClaimMap): ReadClaims {
  const { clientItself, tokenId = 'jti' } = map
  return (payload, signingInput) => {
    const clientId = at(payload, map.clientId ?? 'client_id')
    const isClient = clientItself !== undefined && at(payload, clientItself[0]) === clientItself[1]
    return readAccessClaims(
      withoutUndefined({
        ...payload,
        sub: isClient ? clientId : at(payload, map.subject ?? 'sub'),
        client_id: clientId,
        aud: at(payload, map.audience ?? 'aud'),
        scope: joined(at(payload, map.scope ?? 'scope')),
        roles: at(payload, map.roles ?? 'roles'),
        sid: at(payload, map.sessionId ?? 'sid'),
        jti: tokenId === 'none' ? digestOf(signingInput) : at(payload, tokenId),
        // Our counters; elsewhere the name means something else.
        ver: undefined,
      }),
    )
  }
}

/** Own members only: nothing that objects inherit can be taken for a claim. */
function at(payload: JsonObject, path: ClaimPath): Json | undefined {
  let value: Json | undefined = payload
  for (const name of typeof path === 'string' ? [path] : path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/** A list of names as one text; a name with a space in it would be two, so then it stays a list and is refused. */
function joined(scope: Json | undefined): Json | undefined {
  if (!Array.isArray(scope)) return scope
  const names: readonly Json[] = scope
  return names.every((name) => typeof name === 'string' && /^\S+$/.test(name)) ? names.join(' ') : scope
}

function digestOf(signingInput: string): string {
  return createHash('sha256').update(signingInput, 'latin1').digest('base64url')
}

function withoutUndefined(claims: JsonObject): JsonObject {
  return Object.freeze(Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)))
}
