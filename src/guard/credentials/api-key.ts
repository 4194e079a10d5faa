import { type Clock, type Moment, toSeconds } from '../../base/clock.ts'
import { Refusal } from '../../errors/refusal.ts'
import { FIRST_PARTY } from '../../model/client.ts'
import type { GuardRequest } from '../../model/guard-request.ts'
import type { Principal } from '../../model/principal.ts'
import { type ScopePolicy, scopesOfRoles } from '../../model/scope-policy.ts'
import type { RevocationFeed } from '../../revocation/feed.ts'
import type { RevocationState, SessionStanding } from '../../revocation/state.ts'
import type { ApiKeyStanding, ApiKeyUse, ApiKeyVerbs } from '../../store/api-keys.ts'
import { API_KEY_PREFIX, readApiKey } from '../../tokens/api-key.ts'
import { hashSecret } from '../../tokens/secret-hash.ts'
import type { Credential } from './credential.ts'
import { createStandingMemory } from './standing-memory.ts'
import type { UseNoter } from './use-noter.ts'

export interface ApiKeyParts {
  readonly store: ApiKeyVerbs
  readonly policy: ScopePolicy
  readonly clock: Clock
  readonly state: Pick<RevocationState, 'isEnded' | 'refusesSession' | 'learnt'>
  readonly feed: Pick<RevocationFeed, 'isStale'>
  readonly uses: UseNoter<ApiKeyUse>
  /** See `createStandingMemory`. */
  readonly goodForMilliseconds: number
}

/**
 * What was read of a key. Whether it is still so is asked of memory on every request. All that a request needs lies in
 * this one object: among thousands of keys each further one is a wait for main memory.
 */
interface Remembered {
  readonly id: string
  readonly userId: string
  /** Milliseconds since 1970, and the seconds that handlers are told. */
  readonly endsAt: number
  readonly expiresAt: number
  readonly scopes: readonly string[]
  readonly owner: SessionStanding
  readonly use: ApiKeyUse
  notedIn: number
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
  const { store, policy, state, feed, uses } = parts
  const memory = createStandingMemory<Remembered>(parts)

  const withScopes = async ({ key, user, storeEpoch }: ApiKeyStanding): Promise<Remembered> => {
    const held = await scopesOfRoles(policy, user.roles)
    const { id } = key
    const counters = { user: user.ver, client: Number.POSITIVE_INFINITY, store: storeEpoch }
    return {
      id,
      userId: key.userId,
      endsAt: key.expiresAt,
      expiresAt: toSeconds(key.expiresAt),
      scopes: Object.freeze(key.scopes.filter((name) => held.includes(name))),
      owner: { id, userId: user.id, clientId: FIRST_PARTY, counters },
      use: { userId: user.id, id },
      notedIn: -1,
      clearIn: -1,
    }
  }

  /** Undefined where what is remembered is out of date, and the database has to be asked. */
  const judge = (known: Remembered, moment: Moment): Principal | Refusal | undefined => {
    if (feed.isStale(moment)) return new Refusal('REVOCATION_STALE')
    if (moment.now >= known.endsAt) return unknown('expired')
    const { learnt } = state
    if (known.clearIn !== learnt) {
      if (state.isEnded('apikey', known.id)) return unknown('revoked')
      if (state.refusesSession(known.owner) !== undefined) return undefined
      known.clearIn = learnt
    }
    if (known.notedIn !== uses.round) {
      known.notedIn = uses.round
      uses.note(known.use)
    }
    return principalOf(known)
  }

  const ask = async (text: string, userId: string): Promise<Principal | Refusal> => {
    const asked = memory.now()
    const standing = await store.findStanding(userId, hashSecret(text))
    if (standing === undefined) return unknown('no live key')
    if (standing.user.state !== 'active') return new Refusal('USER_DISABLED', { details: { userId } })
    if (standing.key.suspended) return unknown('suspended by a restore: confirm it')
    const known = await withScopes(standing)
    memory.keep(text, known, asked)
    return judge(known, memory.now()) ?? new Refusal('TOKEN_VERSION_STALE', { details: { userId } })
  }

  return {
    name: 'api-key',
    read: readPresented,
    verify(text) {
      const moment = memory.now()
      const known = memory.find(text, moment)
      const verdict = known && judge(known, moment)
      if (verdict !== undefined) return verdict
      memory.forget(text)
      const read = readApiKey(text)
      return read === undefined ? unknown('not a key') : ask(text, read.userId)
    },
  }
}

function readPresented(
  request: GuardRequest,
  authorization: string | undefined,
): string | Refusal | undefined {
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
  if (value?.startsWith(API_KEY_PREFIX, BEARER.length) !== true) return false
  return value.startsWith(BEARER) || value.slice(0, BEARER.length).toLowerCase() === BEARER.toLowerCase()
}

function unknown(why: string): Refusal {
  return new Refusal('API_KEY_UNKNOWN', { details: { why } })
}

/** A new object for each request, so that no handler can change what the next one sees; its lists are frozen. */
function principalOf({ id, userId, expiresAt, scopes }: Remembered): Principal {
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
    expiresAt,
    claims: {},
  }
}
