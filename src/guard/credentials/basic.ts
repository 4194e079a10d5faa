import type { Origin } from '../../audit/events.ts'
import { isBasicHeader, readBasicHeader } from '../../base/basic-header.ts'
import { type Clock, toSeconds } from '../../base/clock.ts'
import type { AuthenticatedClient } from '../../clients/authentication.ts'
import { isClientSecret } from '../../clients/client-secret.ts'
import { formDecoded } from '../../clients/presented.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { Refusal } from '../../errors/refusal.ts'
import { FIRST_PARTY } from '../../model/client.ts'
import type { GuardRequest } from '../../model/guard-request.ts'
import type { Principal } from '../../model/principal.ts'
import { type ScopePolicy, scopesOfClient, scopesOfRoles } from '../../model/scope-policy.ts'
import type { User } from '../../model/user.ts'
import type { RevocationFeed } from '../../revocation/feed.ts'
import type { RevocationState } from '../../revocation/state.ts'
import { refuseForeignPage } from '../csrf.ts'
import type { Credential } from './credential.ts'
import type { ProvenPasswords } from './proven-passwords.ts'

export interface BasicParts {
  readonly policy: ScopePolicy
  readonly clock: Clock
  readonly state: Pick<RevocationState, 'refusesSession'>
  readonly feed: Pick<RevocationFeed, 'storeEpoch'>
  /** The client whose id and secret the header carries; throws an AuthError. */
  readonly proveClient: (authorization: string) => Promise<AuthenticatedClient>
  /** Undefined where people may not come this way. */
  readonly people: ProvenPasswords | undefined
  /** The account gate (PROTOCOL 5.1), asked on every request; throws an AuthError. */
  readonly passGate: (user: User, origin: Origin) => Promise<void>
  /** Whether passwords may be taken at all: over https, or in development. */
  readonly mayBeSent: boolean
  readonly ownOrigins: ReadonlySet<string>
  /** The address of whoever sent it, behind whatever proxy. */
  readonly addressOf: (request: GuardRequest) => string | undefined
}

/** What a form at `/token` may hold; more would be work to hash. */
const LONGEST = { name: 320, secret: 1024 } as const
/** How long a name and password count as proven, as others are told: the next request proves them again. */
const GOOD_FOR_SECONDS = 60

const NONE: readonly string[] = Object.freeze([])

/**
 * HTTP Basic (RFC 7617): clients that may act for themselves, by id and secret, each form-encoded (RFC 6749 section
 * 2.3.1); and people, where that is switched on, by name or mail address and password. Which of the two it is shows in
 * the secret, which for clients is always ours. Of a person the database is asked on every request, and what is
 * remembered only spares the hash (see `createProvenPasswords`); a client is remembered for a second (`KnownClients`).
 * It is not a sign-in: there is no session, and it does not count as recent.
 *
 * A browser that was given a password once adds it by itself, also where a page of another site changes something: that
 * is refused.
 */
export function basic(parts: BasicParts): Credential {
  const { policy, clock, state, feed, proveClient, people, passGate, mayBeSent, ownOrigins, addressOf } =
    parts
  const expiresAt = () => toSeconds(clock.now()) + GOOD_FOR_SECONDS

  const ofClient = async (authorization: string): Promise<Principal | Refusal> => {
    const { client, storeEpoch } = await proveClient(authorization)
    const { id } = client
    if (!client.grants.includes('client_credentials')) {
      return new Refusal('VIA_NOT_ALLOWED', { details: { clientId: id, why: 'may not act for itself' } })
    }
    const counters = { user: Number.POSITIVE_INFINITY, client: client.ver, store: storeEpoch }
    const lost = state.refusesSession({ id: undefined, userId: id, clientId: id, counters })
    if (lost !== undefined)
      return new Refusal('STORE_BEHIND', { details: { clientId: id, remembered: lost } })
    const scopes = scopesOfClient(client, Object.keys(policy.scopes))
    return {
      kind: 'client',
      id,
      clientId: id,
      scopes,
      roles: NONE,
      ...WITHOUT_SESSION,
      expiresAt: expiresAt(),
    }
  }

  const ofPerson = async (login: string, password: string, request: GuardRequest) => {
    if (people === undefined)
      throw new AuthError('CLIENT_UNKNOWN', { details: { why: 'not a client’s secret' } })
    const origin = {
      actor: { kind: 'user' },
      address: addressOf(request),
      agent: request.header('user-agent')?.slice(0, 256),
    } as const
    const user = await people.userOf({ login, password, origin })
    await passGate(user, origin)
    const { id: userId, ver } = user
    const counters = { user: ver, client: Number.POSITIVE_INFINITY, store: feed.storeEpoch() }
    const lost = state.refusesSession({ id: undefined, userId, clientId: FIRST_PARTY, counters })
    if (lost !== undefined) return new Refusal('STORE_BEHIND', { details: { userId, remembered: lost } })
    return principalOf(user, await scopesOfRoles(policy, user.roles), expiresAt())
  }

  return {
    name: 'basic',
    isCostly: true,
    read(request, value) {
      if (!isBasicHeader(value)) return undefined
      if (value.includes(',')) return new Refusal('HDR_DUPLICATE')
      if (!mayBeSent) return new Refusal('HTTPS_NEEDED')
      return refuseForeignPage(request, ownOrigins) ?? value
    },
    async verify(text, request) {
      const pair = readBasicHeader(text)
      if (pair === undefined || !isPlain(pair.name, LONGEST.name) || !isPlain(pair.secret, LONGEST.secret)) {
        return new Refusal('BASIC_MALFORMED')
      }
      try {
        const isOfClient = isClientSecret(formDecoded(pair.secret) ?? '')
        return isOfClient ? await ofClient(text) : await ofPerson(pair.name, pair.secret, request)
      } catch (error) {
        if (error instanceof AuthError) return error.refusal
        throw error
      }
    },
  }
}

/** Something, not too much of it, and no control characters (RFC 7617 section 2). */
function isPlain(text: string, most: number): boolean {
  return text !== '' && text.length <= most && !/\p{Cc}/u.test(text)
}

const WITHOUT_SESSION = {
  sessionId: undefined,
  tokenId: '',
  via: 'basic',
  amr: NONE,
  authTime: undefined,
  claims: {},
} as const

const BY_PASSWORD: readonly string[] = Object.freeze(['pwd'])

function principalOf({ id, roles }: User, scopes: readonly string[], expiresAt: number): Principal {
  return {
    kind: 'user',
    id,
    clientId: FIRST_PARTY,
    scopes: Object.freeze([...scopes]),
    roles: Object.freeze([...roles]),
    ...WITHOUT_SESSION,
    amr: BY_PASSWORD,
    expiresAt,
  }
}
