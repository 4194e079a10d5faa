import type { Clock } from '../../base/clock.ts'
import { Refusal } from '../../errors/refusal.ts'
import { FIRST_PARTY } from '../../model/client.ts'
import type { GuardRequest } from '../../model/guard-request.ts'
import type { Principal } from '../../model/principal.ts'
import { type ScopePolicy, scopesOfRoles } from '../../model/scope-policy.ts'
import type { RevocationFeed } from '../../revocation/feed.ts'
import type { RevocationState } from '../../revocation/state.ts'
import type { ApiKeyStanding, ApiKeyUse, ApiKeyVerbs } from '../../store/api-keys.ts'
import { API_KEY_PREFIX, readApiKey } from '../../tokens/api-key.ts'
import { hashSecret } from '../../tokens/refresh-token.ts'
import type { Credential } from './credential.ts'
import { createStandingMemory } from './standing-memory.ts'

export interface ApiKeyParts {
  readonly store: ApiKeyVerbs
  readonly policy: ScopePolicy
  readonly clock: Clock
  readonly state: Pick<RevocationState, 'isEnded' | 'refusesSession' | 'learnt'>
  readonly feed: Pick<RevocationFeed, 'isStale'>
  /** Told when a key was seen; called on every request, so it only takes note. */
  readonly noteUse: (use: ApiKeyUse) => void
  /** See `createStandingMemory`. */
  readonly goodForMilliseconds: number
}

/** What was read of a key. Whether it is still so is asked of memory on every request. */
interface Remembered extends ApiKeyStanding {
  readonly scopes: readonly string[]
  readonly use: ApiKeyUse
  /** What the memory of revocations had learnt when it said last that nothing had ended key and owner. */
  clearIn: number
}

const NONE: readonly string[] = Object.freeze([])

/**
 * API keys (rule F-7), as `Authorization: Bearer cs_key_…` or `X-API-Key`. The first sight of one asks the database;
 * after that a request waits for nothing: that neither key nor owner has ended since is known by the revocations in
 * memory, and where the owner's claims have become stale the database is asked again. A key has scopes, as far as its
 * owner's roles still hold them, and no roles; it does not count as a recent sign-in.
 */
export function apiKey(parts: ApiKeyParts): Credential {
  const { store, policy, clock, state, feed, noteUse } = parts
  const memory = createStandingMemory<Remembered>(parts)

  const withScopes = async (standing: ApiKeyStanding): Promise<Remembered> => {
    const held = await scopesOfRoles(policy, standing.user.roles)
    const scopes = Object.freeze(standing.key.scopes.filter((name) => held.includes(name)))
    return { ...standing, scopes, use: { userId: standing.user.id, id: standing.key.id }, clearIn: -1 }
  }

  /** Undefined where what is remembered is out of date, and the database has to be asked. */
  const judge = (known: Remembered): Principal | Refusal | undefined => {
    const { key, scopes } = known
    if (feed.isStale()) return new Refusal('REVOCATION_STALE')
    if (clock.now() >= key.expiresAt) return unknown('expired')
    if (known.clearIn !== state.learnt) {
      if (state.isEnded('apikey', key.id)) return unknown('revoked')
      if (isOwnerStale(known)) return undefined
      known.clearIn = state.learnt
    }
    noteUse(known.use)
    return principalOf(key, scopes)
  }

  const isOwnerStale = ({ key, user, storeEpoch }: Remembered): boolean => {
    const counters = { user: user.ver, client: Number.POSITIVE_INFINITY, store: storeEpoch }
    const owner = { id: key.id, userId: user.id, clientId: FIRST_PARTY, counters }
    return state.refusesSession(owner) !== undefined
  }

  const ask = async (text: string, userId: string): Promise<Principal | Refusal> => {
    const asked = memory.now()
    const standing = await store.findStanding(userId, hashSecret(text))
    if (standing === undefined) return unknown('no live key')
    if (standing.user.state !== 'active') return new Refusal('USER_DISABLED', { details: { userId } })
    if (standing.key.suspended) return unknown('suspended by a restore: confirm it')
    const known = await withScopes(standing)
    memory.keep(text, known, asked)
    return judge(known) ?? new Refusal('TOKEN_VERSION_STALE', { details: { userId } })
  }

  return {
    name: 'api-key',
    read: readPresented,
    verify(text) {
      const known = memory.find(text)
      const verdict = known && judge(known)
      if (verdict !== undefined) return verdict
      memory.forget(text)
      const read = readApiKey(text)
      return read === undefined ? unknown('not a key') : ask(text, read.userId)
    },
  }
}

function readPresented(request: GuardRequest): string | Refusal | undefined {
  const authorization = request.header('authorization')
  const ofBearer = isBearerKey(authorization) ? authorization?.slice(BEARER.length) : undefined
  const own = request.header('x-api-key')
  if (own === undefined) return ofBearer
  if (ofBearer !== undefined) return new Refusal('CREDENTIAL_TWICE')
  if (own.includes(',')) return new Refusal('HDR_DUPLICATE')
  return own
}

const BEARER = 'Bearer '

/** Whether an Authorization value carries an API key, which is then no access token. */
export function isBearerKey(value: string | undefined): boolean {
  return (
    value?.startsWith(API_KEY_PREFIX, BEARER.length) === true &&
    value.slice(0, BEARER.length).toLowerCase() === BEARER.toLowerCase()
  )
}

function unknown(why: string): Refusal {
  return new Refusal('API_KEY_UNKNOWN', { details: { why } })
}

/** A new object for each request, so that no handler can change what the next one sees; its lists are frozen. */
function principalOf({ id, userId, expiresAt }: ApiKeyStanding['key'], scopes: readonly string[]): Principal {
  return {
    kind: 'user',
    id: userId,
    clientId: FIRST_PARTY,
    scopes,
    roles: NONE,
    sessionId: undefined,
    tokenId: id,
    via: 'api-key',
    amr: NONE,
    authTime: undefined,
    expiresAt: Math.floor(expiresAt / 1000),
    claims: {},
  }
}
