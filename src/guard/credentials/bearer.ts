import { Refusal } from '../../errors/refusal.ts'
import { type AccessToken, RESERVED_CLAIMS } from '../../model/access-token.ts'
import type { Principal } from '../../model/principal.ts'
import { isBearerKey } from './api-key.ts'
import type { Credential } from './credential.ts'

/** A credential that is proven by its text alone. */
export interface BearerCredential extends Credential {
  verify(text: string): ReturnType<Credential['verify']>
}

/**
 * Bearer access tokens in the Authorization header (RFC 6750 section 2.1); never in the query or the body. What `isOthers`
 * says of an Authorization value is left to another credential.
 */
export function bearer(read: ReadToken, isOthers = isBearerKey): BearerCredential {
  const prove = (token: AccessToken | Refusal, text: string): Principal | Refusal => {
    if (!(token instanceof Refusal)) return principalOf(token)
    const problem = problemOf(text)
    return problem === undefined ? token : new Refusal(problem)
  }
  return {
    name: 'bearer',
    read(_request, value) {
      if (isOthers(value)) return undefined
      // What stands behind the scheme is looked at letter by letter only if it turns out to be no token.
      return value?.startsWith('Bearer ') ? value.slice(7) : readBearer(value)
    },
    verify(text) {
      const token = read(text)
      return token instanceof Promise ? token.then((proven) => prove(proven, text)) : prove(token, text)
    },
  }
}

/** Proves an access token, at once where nothing has to be fetched for it. */
export type ReadToken = (text: string) => AccessToken | Refusal | Promise<AccessToken | Refusal>

/** The token of an Authorization value, undefined if there is no such header, or exactly what is wrong with it. */
export function readBearer(value: string | undefined): string | Refusal | undefined {
  if (value === undefined) return undefined
  const scheme = value.slice(0, 7).toLowerCase()
  if (scheme !== 'bearer ') return new Refusal(causeOfScheme(value))
  const text = value.slice(7)
  const problem = problemOf(text)
  return problem === undefined ? text : new Refusal(problem)
}

/** What is wrong with a text that cannot be a token, before any token is read (RFC 6750 section 2.1). */
function problemOf(text: string) {
  return /^[\w.~+/=-]+$/.test(text) && !isWordForNothing(text) ? undefined : causeOfText(text)
}

function causeOfScheme(value: string) {
  if (/^(bearer)?$/i.test(value.trim())) return 'HDR_MISSING'
  if (/^bearer\s/i.test(value)) return 'HDR_INVISIBLE_CHAR'
  return /^\s*[\w-]+\.[\w-]+\.[\w-]*\s*$/.test(value) ? 'HDR_NO_SCHEME' : 'HDR_SCHEME_MISMATCH'
}

function causeOfText(text: string) {
  if (text.trim() === '') return 'HDR_MISSING'
  if (/, *bearer /i.test(text)) return 'HDR_DUPLICATE'
  if (/^bearer /i.test(text)) return 'HDR_DOUBLE_SCHEME'
  if (isWordForNothing(text)) return 'HDR_LITERAL_UNDEFINED'
  if (/^["'{]/.test(text)) return 'HDR_QUOTED_TOKEN'
  if (text.includes('%')) return 'TOKEN_PERCENT_ENCODED'
  return 'HDR_INVISIBLE_CHAR'
}

function isWordForNothing(text: string): boolean {
  return text === 'undefined' || text === 'null' || text === 'NaN' || text === '[object Object]'
}

/** A new object for each request, so that no handler can change what the next one sees; its lists are frozen. */
function principalOf(token: AccessToken): Principal {
  const { claims, derived } = token
  derived.ownClaims ??= ownClaims(claims)
  const principal: Principal = {
    kind: claims.sub === claims.client_id ? 'client' : 'user',
    id: claims.sub,
    clientId: claims.client_id,
    scopes: token.scopes,
    roles: token.roles,
    sessionId: token.sessionId,
    tokenId: claims.jti,
    via: 'bearer',
    amr: token.amr,
    authTime: token.authTime,
    expiresAt: claims.exp,
    claims: derived.ownClaims,
  }
  return token.isNarrowed ? { ...principal, isNarrowed: true } : principal
}

const NO_CLAIMS: Readonly<Record<string, unknown>> = Object.freeze({})

/** Worked out once for each token: looking at every name would take half as long as all other checks together. */
function ownClaims(claims: object): Readonly<Record<string, unknown>> {
  let own: [string, unknown][] | undefined
  for (const name of Object.keys(claims)) {
    if (RESERVED_CLAIMS.has(name)) continue
    own ??= []
    own.push([name, claims[name as keyof typeof claims]])
  }
  return own === undefined ? NO_CLAIMS : Object.freeze(Object.fromEntries(own))
}
