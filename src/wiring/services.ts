import { createClients } from '../clients/clients.ts'
import { createDeclarations } from '../declaration/declarations.ts'
import { createKnownReaders } from '../endpoints/known-readers.ts'
import type { Route } from '../endpoints/route.ts'
import type { PageServices, Services } from '../endpoints/services.ts'
import { createAttemptCookies } from '../http/attempt-cookies.ts'
import { createCors } from '../http/cors.ts'
import { createCursors } from '../http/cursor.ts'
import { createPageCookies } from '../http/page-cookies.ts'
import { createRateLimits } from '../http/rate-limit.ts'
import { withIdentityScopes } from '../model/identity-scopes.ts'
import { readLogo } from '../pages/logo.ts'
import { createRoles } from '../permissions/roles.ts'
import { createFeedAnswers } from '../revocation/feed-answers.ts'
import { createFeedStreams } from '../revocation/feed-stream.ts'
import type { Samples } from '../telemetry/metrics.ts'
import type { AccountLife } from './account-life.ts'
import type { Credentials } from './credentials.ts'
import type { Ground } from './ground.ts'
import type { Knowledge } from './knowledge.ts'
import type { Mail } from './mail.ts'
import type { SignIn } from './sign-in.ts'
import type { Telemetry } from './telemetry.ts'

/** What the services are made of. */
export interface ServiceParts {
  readonly ground: Ground
  readonly knowledge: Knowledge
  readonly signIn: SignIn
  readonly credentials: Credentials
  readonly mail: Mail
  readonly life: AccountLife
  readonly telemetry: Telemetry
  readonly numbers: () => Samples
  readonly routes: readonly Route[]
  readonly isStopping: () => boolean
}

/** What the pages for people work with. */
function pagesOf({ settings, secretKeys, random, clock }: Ground, { reaches }: Mail): PageServices {
  const issuer = new URL(settings.issuer)
  return {
    brand: { name: settings.brandName, colour: settings.brandColour, logo: readLogo(settings.brandLogo) },
    attemptCookies: createAttemptCookies({ https: issuer.protocol === 'https:' }),
    cookies: createPageCookies({ https: issuer.protocol === 'https:', secretKeys, random, clock }),
    base: issuer.pathname.replace(/\/$/, ''),
    canSendLetters: reaches,
    minimumPasswordLength: settings.passwords.minimumLength,
  }
}

/** What the endpoints work with. Nothing of it is started here. */
export function wireServices({
  ground,
  knowledge,
  signIn,
  credentials,
  mail,
  life,
  telemetry,
  numbers,
  routes,
  isStopping,
}: ServiceParts): Services {
  const { options, settings, permissions, development, store, clock, random, secretKeys } = ground
  const { keys, feed, reader } = knowledge
  const { apiKeys, sessionCookies, socketTickets } = credentials
  /** Of clients, roles and scopes. */
  const changed = async (): Promise<void> => {
    signIn.grants.clients.forget()
    await permissions.freshen()
    await feed.changed()
  }
  return {
    routes,
    grants: signIn.grants,
    accounts: signIn.accountsOn({ store, revocationsChanged: feed.changed }),
    keys: keys.management,
    findKey: keys.ring.find,
    clients: createClients({
      store,
      random,
      declaredScopes: () => Object.keys(withIdentityScopes(permissions).scopes),
      changed,
    }),
    roles: createRoles({ store, permissions, changed }),
    declarations: createDeclarations({ store, random, permissions, configured: settings, changed }),
    feedAnswers: createFeedAnswers({ revocations: store.revocations, feed, clock }),
    feedStreams: createFeedStreams({ feed }),
    rateLimits: createRateLimits({
      limiter: signIn.limiter,
      isExempt: (address) => settings.rateLimits === 'off' || signIn.isShared(address),
    }),
    cursors: createCursors(secretKeys),
    addresses: ground.addresses,
    cors: createCors(settings.corsOrigins),
    secondFactors: signIn.secondFactors,
    socketTickets,
    sessionCookies,
    knownDevices: credentials.knownDevices,
    apiKeys,
    guard: credentials.ownGuard,
    applicationGuard: credentials.guard,
    readAccess: reader.read,
    readExpired: reader.readExpired,
    ...life,
    mailbox: mail.mailbox,
    serviceName: settings.brandName,
    pages: settings.pages === 'off' ? undefined : pagesOf(ground, mail),
    permissions,
    profile: options.profile,
    docsOpen: settings.docs === 'open',
    development,
    refusalLog: telemetry.refusalLog,
    meters: telemetry.meters,
    metrics: async () => (await options.processes?.all()) ?? numbers(),
    metricsOpen: settings.metrics === 'open',
    metricsReaders: createKnownReaders(clock),
    async notReady() {
      if (isStopping()) return 'stopping'
      if (feed.isStale()) return 'the revocations are not fresh'
      return store.ping().then(
        () => undefined,
        () => 'the database does not answer',
      )
    },
  }
}
