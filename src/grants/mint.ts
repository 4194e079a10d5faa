import { millisecondsSince, toSeconds } from '../base/clock.ts'
import { randomId } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { formatVer } from '../model/access-token.ts'
import type { Client } from '../model/client.ts'
import { MADE_NARROW } from '../model/session.ts'
import type { User } from '../model/user.ts'
import { mintIdToken } from '../tokens/id-token.ts'
import { mintAccessToken } from '../tokens/mint-access.ts'
import type { Granted, GrantParts, TokenFacts } from './grant.ts'
import { isNarrowed, rolesNamed } from './held-scopes.ts'
import { ownClaims } from './own-claims.ts'

/** The answer of the token endpoint (RFC 6749 section 5.1). */
export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly refresh_token?: string
  readonly id_token?: string
  readonly scope: string
}

/** A process that was stopped between the store's answer and the signature hands nothing out (PROTOCOL 1.6). */
const LATEST_SIGNING_MILLISECONDS = 5000

/** Signs the access token of a grant, with time and facts as the store's statement returned them. */
export async function mint(granted: Granted, client: Client, parts: GrantParts): Promise<TokenAnswer> {
  const { facts, user, scope } = granted
  const narrowed = facts.scope.includes(MADE_NARROW) || (await isNarrowed({ user, client, scope }, parts))
  const roles = await rolesNamed({ user, client, scope, narrowed }, parts)
  refuseFallenBack(granted, client, parts)
  const accessToken = signAccessToken(
    {
      user,
      client,
      facts,
      scope,
      narrowed,
      roles,
      lifeSeconds: parts.settings.accessLifeSeconds,
    },
    parts,
  )
  const idToken = await signIdToken(granted, client, accessToken, parts)
  if (millisecondsSince(parts.clock, granted.asked) > LATEST_SIGNING_MILLISECONDS) {
    throw new AuthError('SIGNING_LATE')
  }
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: parts.settings.accessLifeSeconds,
    ...(granted.refreshToken === undefined ? {} : { refresh_token: granted.refreshToken }),
    ...(idToken === undefined ? {} : { id_token: idToken }),
    scope: scope.join(' '),
  }
}

async function signIdToken(
  { facts, user, identity }: Granted,
  client: Client,
  accessToken: string,
  { settings }: GrantParts,
): Promise<string | undefined> {
  if (identity === undefined || user === undefined) return undefined
  const iat = toSeconds(facts.asOf)
  const token = {
    iss: settings.issuer,
    sub: user.id,
    clientId: client.id,
    iat,
    exp: iat + settings.accessLifeSeconds,
    authTime: facts.authTime,
    amr: facts.amr,
    sessionId: facts.sessionId,
    nonce: identity.nonce,
    accessToken,
  }
  return mintIdToken(token, identity.key)
}

/**
 * Memory can know counters that the database has lost in a fail-over (PROTOCOL 2.4): where one fell back nothing is
 * minted until this process has written it back. Not asked here is whether the session has ended meanwhile: then its
 * own entry refuses this token everywhere, and of two callers who race in strict mode one still succeeds.
 */
function refuseFallenBack({ facts, user }: Granted, client: Client, { refusesSession }: GrantParts): void {
  const counters = { user: user?.ver ?? 0, client: facts.clientVer, store: facts.storeEpoch }
  const userId = user?.id ?? client.id
  const remembered = refusesSession({ id: undefined, userId, clientId: client.id, counters })
  if (remembered === undefined) return
  const details = { sessionId: facts.sessionId ?? '', userId, remembered }
  throw new AuthError('STORE_BEHIND', { details })
}

export interface ToSign {
  /** Undefined for a client that acts for itself: then it is the subject (RFC 9068 section 2.2). */
  readonly user: User | undefined
  readonly client: Client
  readonly facts: TokenFacts
  readonly scope: readonly string[]
  /** See `isNarrowed`. */
  readonly narrowed: boolean
  /** See `rolesNamed`. */
  readonly roles: readonly string[]
  readonly lifeSeconds: number
}

/** An access token (RFC 9068 section 2.2) from facts that one statement of the store returned. */
export function signAccessToken(
  { user, client, facts, scope, narrowed, roles, lifeSeconds }: ToSign,
  parts: GrantParts,
): string {
  const own = user === undefined ? {} : ownClaims(user, client, parts)
  const iat = toSeconds(facts.asOf)
  return mintAccessToken(
    {
      ...own,
      iss: parts.settings.issuer,
      aud: parts.settings.audience,
      sub: user?.id ?? client.id,
      client_id: client.id,
      exp: iat + lifeSeconds,
      iat,
      jti: randomId(parts.random),
      ...(facts.sessionId === undefined ? {} : { sid: facts.sessionId }),
      ver: formatVer({ user: user?.ver ?? 0, client: facts.clientVer, store: facts.storeEpoch }),
      scope: scope.join(' '),
      ...(narrowed && { narrowed }),
      roles: [...roles],
      amr: [...facts.amr],
      // What a step-up asks for as `acr_values` (RFC 9470 section 4).
      ...(facts.amr.includes('mfa') && { acr: 'mfa' }),
      ...(facts.authTime === undefined ? {} : { auth_time: facts.authTime }),
    },
    parts.keyRing.signingKey(),
  )
}
