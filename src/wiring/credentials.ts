import { isBasicHeader } from '../base/basic-header.ts'
import { Refusal } from '../errors/refusal.ts'
import { apiKey, isBearerKey } from '../guard/credentials/api-key.ts'
import { bearer } from '../guard/credentials/bearer.ts'
import { credential, ownCredential } from '../guard/credentials/own.ts'
import { session } from '../guard/credentials/session.ts'
import { ticket } from '../guard/credentials/ticket.ts'
import { createGuard, type Guard } from '../guard/guard.ts'
import { createSockets, type Sockets } from '../guard/sockets.ts'
import { createKnownDevices, type KnownDevices } from '../http/known-devices.ts'
import { createRequestCounter } from '../http/rate-limit.ts'
import { createSessionCookies, type SessionCookies } from '../http/session-cookies.ts'
import { type ApiKeys, createApiKeys } from '../login/api-keys.ts'
import { createUseNotes, type UseNotes } from '../login/use-notes.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { SessionUse } from '../store/sessions.ts'
import { createDeviceCookies } from '../tokens/device-cookie.ts'
import { sessionCookieName } from '../tokens/session-cookie.ts'
import { createSocketTickets, type SocketTickets } from '../tokens/socket-ticket.ts'
import { wireBasic } from './basic.ts'
import type { Ground } from './ground.ts'
import type { Knowledge } from './knowledge.ts'
import type { SignIn } from './sign-in.ts'

/** The ways in which a request may say who it is, and the guards that ask for them. */
export interface Credentials {
  /** For our own endpoints: they act on accounts, so only our own credentials count there. */
  readonly ownGuard: Guard
  /** For the routes of the application: its own credentials count too. */
  readonly guard: Guard
  readonly apiKeys: ApiKeys
  readonly sessionUses: UseNotes<SessionUse>
  readonly sessionCookies: SessionCookies
  readonly knownDevices: KnownDevices
  readonly socketTickets: SocketTickets
  readonly sockets: Sockets
}

export function wireCredentials(ground: Ground, knowledge: Knowledge, signIn: SignIn): Credentials {
  const { options, settings, store, clock, random, logger, secretKeys, ownOrigins } = ground
  const { state, feed, reader } = knowledge
  const { policy, settings: limits } = signIn.grants
  const own = options.credentials ?? []
  const names = own.map(({ name }) => name)
  if (new Set(names).size < names.length) throw new TypeError('credentials: two have the same name')

  const report = (error: unknown): void => logger.error({ err: error }, 'a guard failed and refused')
  const apiKeys = createApiKeys({ store, policy, random, revocationsChanged: feed.changed, report })
  const sessionUses = createUseNotes<SessionUse>((uses) => store.sessions.noteUses(uses), report)
  const https = settings.issuer.startsWith('https:')
  const cookieName = sessionCookieName(https)
  const standing = { policy, clock, state, feed, goodForMilliseconds: ground.accessLifeSeconds * 1000 }
  const ofBearer = bearer(reader.read, (value) => isBearerKey(value) || isBasicHeader(value))
  const addressOf = (request: GuardRequest) =>
    ground.addresses.clientOf(request.address, request.header('x-forwarded-for'))
  const socketTickets = createSocketTickets(settings.issuer, secretKeys, random)
  const ownCredentials = [
    ofBearer,
    apiKey({ ...standing, store: store.apiKeys, uses: apiKeys.uses }),
    wireBasic(ground, knowledge, signIn, ownOrigins),
    session({
      ...standing,
      store: store.sessions,
      limits: limits.browserSessions,
      cookieName,
      ownOrigins,
      uses: sessionUses,
      addressOf,
    }),
  ]
  const credentials = [
    ticket({ tickets: socketTickets, oneTime: store.oneTime, clock, bearer: ofBearer }),
    ...ownCredentials,
    ...own.map((one) => ownCredential(credential(one), clock)),
  ]
  return {
    ownGuard: createGuard(ownCredentials, clock, report),
    guard: createGuard(credentials, clock, report, {
      refuseTransport: (request) => refuseTransport(request, https, ground),
      countRequest: createRequestCounter({
        limiter: signIn.limiter,
        isExempt: (address) => settings.rateLimits === 'off' || signIn.isShared(address),
        addressOf,
      }),
    }),
    apiKeys,
    sessionUses,
    knownDevices: createKnownDevices(
      createDeviceCookies({ issuer: settings.issuer, https }, secretKeys, random),
      {
        https,
        clock,
      },
    ),
    sessionCookies: createSessionCookies({ name: cookieName, https, ownOrigins }),
    socketTickets,
    sockets: createSockets({ credentials, clock, report }),
  }
}

/**
 * Where the issuer is https, no credential is taken that a trusted proxy says it got in the clear; and in production none
 * behind a proxy that nobody has told us about, for then all people would seem to be one.
 */
function refuseTransport(
  request: GuardRequest,
  https: boolean,
  { addresses, development }: Ground,
): Refusal | undefined {
  // Few requests carry these fields, and to find an address out costs a framework more than all checks of a token.
  const proto = https ? request.header('x-forwarded-proto') : undefined
  if (proto !== undefined && addresses.cameOverHttp(request.address, proto))
    return new Refusal('HTTPS_NEEDED')
  const forwardedFor = development ? undefined : request.header('x-forwarded-for')
  const isUnknown = forwardedFor !== undefined && addresses.isProxyUnknown(request.address, forwardedFor)
  return isUnknown ? new Refusal('PROXY_UNKNOWN') : undefined
}
