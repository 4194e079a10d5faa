import type { AccessClaims, AccessToken } from '../model/access-token.ts'

/** How many texts and how many lists are shared. What comes later stays each token's own. */
const MOST = 1000

/**
 * Makes one of what many tokens say alike: issuer, audience, client and names. It takes memory once then, and a request finds
 * it where the last one did, in the cache of the processor. What comes out says the same, and is frozen all the way down.
 */
export function shareValues(): (token: AccessToken) => AccessToken {
  const texts = new Map<string, string>()
  const lists = new Map<string, readonly string[]>()

  const text = (value: string): string => oneOf(texts, value, value)
  const list = (names: readonly string[]): readonly string[] => oneOf(lists, JSON.stringify(names), names)
  const claimsOf = (claims: AccessClaims): AccessClaims => {
    // Of an object that inherits nothing the copy would inherit what others have added to all objects.
    if (Object.getPrototypeOf(claims) !== Object.prototype) return claims
    const { iss, aud, client_id, scope, roles, amr } = claims
    return Object.freeze({
      ...claims,
      iss: text(iss),
      aud: typeof aud === 'string' ? text(aud) : list(aud),
      client_id: text(client_id),
      ...(scope !== undefined && { scope: text(scope) }),
      ...(roles !== undefined && { roles: list(roles) }),
      ...(amr !== undefined && { amr: list(amr) }),
    })
  }

  return ({ claims, scopes, roles, amr, counters, ...own }) =>
    Object.freeze({
      ...own,
      claims: claimsOf(claims),
      scopes: list(scopes),
      roles: list(roles),
      amr: list(amr),
      counters: counters && Object.freeze(counters),
    })
}

function oneOf<Value>(known: Map<string, Value>, name: string, value: Value): Value {
  const found = known.get(name)
  if (found !== undefined) return found
  if (known.size < MOST) known.set(name, value)
  return value
}
