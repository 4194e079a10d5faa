import type { Origin } from '../audit/events.ts'
import type { AuthOptions } from '../auth-options.ts'
import { DAY_MILLISECONDS } from '../base/duration.ts'
import type { Logger } from '../base/logger.ts'
import { createClients } from '../clients/clients.ts'
import { createDeclarations } from '../declaration/declarations.ts'
import type { Standing } from '../doctor/gather/standing.ts'
import type { Route } from '../endpoints/route.ts'
import { showEvent } from '../endpoints/schemas.ts'
import type { PageServices, Services } from '../endpoints/services.ts'
import { resealTotps } from '../factors/proof.ts'
import type { Guard } from '../guard/guard.ts'
import type { HoldSocket } from '../guard/sockets.ts'
import { createAttemptCookies } from '../http/attempt-cookies.ts'
import { createCors } from '../http/cors.ts'
import { createCursors } from '../http/cursor.ts'
import { createPageCookies } from '../http/page-cookies.ts'
import { createRateLimits } from '../http/rate-limit.ts'
import type { RefuserOptions } from '../http/refuser.ts'
import { withIdentityScopes } from '../model/identity-scopes.ts'
import { readLogo } from '../pages/logo.ts'
import { createRoles } from '../permissions/roles.ts'
import { createFeedAnswers } from '../revocation/feed-answers.ts'
import { createFeedStreams } from '../revocation/feed-stream.ts'
import { startHousekeeping } from '../store/housekeeping.ts'
import type { Samples } from '../telemetry/metrics.ts'
import { connectOpenTelemetry, type NoteRefusal } from '../telemetry/open-telemetry.ts'
import { post } from '../webhooks/post.ts'
import { createWebhookSender } from '../webhooks/sender.ts'
import { type AccountLife, wireAccountLife } from './account-life.ts'
import { type Credentials, wireCredentials } from './credentials.ts'
import { declareRestored, type RestoreReport } from './declare-restored.ts'
import { type Ground, layGround } from './ground.ts'
import { type Knowledge, wireKnowledge } from './knowledge.ts'
import { type Mail, wireMail } from './mail.ts'
import { readNumbers } from './numbers.ts'
import { type SignIn, wireSignIn } from './sign-in.ts'
import { refuseLostSecretKeys } from './signing-secrets.ts'
import { type Telemetry, wireTelemetry } from './telemetry.ts'
import { tellUnknownFactorRoles } from './unknown-factor-roles.ts'

/** The parts of one issuer, put together, and how they are set going and stopped. */
export interface Wired {
  readonly services: Services
  /** For the routes of the application. */
  readonly guard: Guard
  readonly hold: HoldSocket
  readonly accountsOn: SignIn['accountsOn']
  readonly logger: Logger
  readonly node: string
  readonly observeRefusal: NonNullable<RefuserOptions['observe']>
  readonly storeEpoch: () => number
  /** The store's time as far as known, which all nodes share. Milliseconds since 1970. */
  readonly storeNow: () => number
  /** How it stands, by its database. */
  survey(): Promise<Standing>
  /** Instead of `start`, which refuses a database that was put back. */
  declareRestored(by: Origin): Promise<RestoreReport>
  /** Connects and prepares. May be called again after it failed. */
  start(): Promise<void>
  /** Says that it is about to stop, and ends what would go on by itself. */
  drain(): void
  stop(): Promise<void>
}

/** Every part is made here, once, and handed what it needs. Nothing connects yet. Throws a ConfigError. */
export function wire(options: AuthOptions, routes: readonly Route[]): Wired {
  const own = layGround(options)
  const knowledge = wireKnowledge(own)
  const ground = { ...own, clock: knowledge.clock }
  const mail = wireMail(ground)
  const telemetry = wireTelemetry(ground)
  const signIn = wireSignIn(ground, knowledge, mail, telemetry)
  const credentials = wireCredentials(ground, knowledge, signIn)
  const webhooks = createWebhookSender({
    webhooks: ground.settings.webhooks.map(({ secret, ...one }) => ({
      ...one,
      events: one.events,
      secret: secret.reveal(),
    })),
    store: ground.store,
    post: (url, body, headers) => post(url, body, headers, { anywhere: ground.development }),
    show: showEvent,
    clock: ground.clock,
    logger: ground.logger,
  })
  const life = wireAccountLife(ground, knowledge, mail, signIn)
  const numbers = (): Samples => readNumbers({ ground, knowledge, signIn, telemetry })
  options.processes?.share(numbers)
  let noteRefusal: NoteRefusal | undefined
  let stopping = false
  const isStopping = () => stopping
  const services = servicesOf({
    ground,
    knowledge,
    mail,
    signIn,
    credentials,
    life,
    telemetry,
    numbers,
    routes,
    isStopping,
  })

  const { settings, store, redis, clock, logger } = ground
  const { keys, feed, memories } = knowledge
  const { apiKeys, sessionUses, sockets } = credentials
  const isBeside = options.isCommand === true
  let housekeeping: { stop(): void } | undefined
  const drain = (): void => {
    stopping = true
    services.feedStreams.close()
  }
  return {
    services,
    guard: credentials.guard,
    hold: sockets.hold,
    accountsOn: signIn.accountsOn,
    logger,
    node: ground.node,
    observeRefusal(refusal, at) {
      telemetry.refusalLog.note(refusal, at)
      noteRefusal?.(refusal, at.reference)
    },
    storeEpoch: feed.storeEpoch,
    storeNow: () => feed.storeNow() ?? clock.now(),
    async start() {
      await redis?.connection()
      await store.open({
        clock,
        migrate: ground.development,
        eventRetentionMilliseconds: settings.eventRetentionDays * DAY_MILLISECONDS,
      })
      try {
        await knowledge.checkStore()
        await keys.announce()
        await refuseLostSecretKeys(store, ground.secretKeys)
        await keys.load()
        await ground.permissions.freshen()
        await tellUnknownFactorRoles(ground)
        await feed.start()
        if (!isBeside) await webhooks.start()
      } catch (error) {
        // A node that says it is there and is not would hold up the others.
        await feed.stop()
        await keys.stop()
        await store.close()
        throw error
      }
      apiKeys.uses.start()
      sessionUses.start()
      telemetry.refusalLog.start()
      noteRefusal = await connectOpenTelemetry()
      const more = async (): Promise<void> => {
        // With one key there is none that others could be under.
        if (ground.secretKeys.fingerprints.length === 1) return
        await resealTotps(signIn.grants)
        await life.providerTokens.reseal()
      }
      // How long events are kept may be said by the server's code alone.
      if (!isBeside) housekeeping = startHousekeeping(store, logger, more, telemetry.meters.cleaned)
    },
    async survey() {
      // It knows the form of a hash, and with that every library that makes one.
      const { survey } = await import('./survey.ts')
      return survey({ store, settings, keys: keys.management, secretKeys: ground.secretKeys })
    },
    async declareRestored(by) {
      await store.migrate()
      await store.open({ clock, migrate: false })
      try {
        await redis?.connection()
        await keys.load()
        const withdrawsAccessKeys = settings.jwtAlgorithm !== 'HS256'
        return await declareRestored({ store, memories, keys: keys.management, withdrawsAccessKeys }, by)
      } finally {
        await keys.stop()
        await feed.stop()
        await store.close()
        redis?.close()
      }
    },
    drain,
    async stop() {
      drain()
      housekeeping?.stop()
      // A place that is slow to answer must not keep from its end what has less time than it takes.
      const webhooksStopped = webhooks.stop()
      await apiKeys.uses.stop()
      await sessionUses.stop()
      sockets.stop()
      await mail.stop()
      // First the passwords that are being hashed still: some of them are refused.
      await signIn.hashes.close()
      await signIn.grants.refusedSignIns.settled()
      await webhooksStopped
      // Only now has everything been refused that will be.
      await telemetry.refusalLog.stop()
      await feed.stop()
      await keys.stop()
      await store.close()
      redis?.close()
    },
  }
}

interface Parts {
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
function pagesOf({ options, settings, development, secretKeys, random, clock }: Ground): PageServices {
  const issuer = new URL(settings.issuer)
  return {
    brand: { name: settings.brandName, colour: settings.brandColour, logo: readLogo(settings.brandLogo) },
    attemptCookies: createAttemptCookies({ https: issuer.protocol === 'https:' }),
    cookies: createPageCookies({ https: issuer.protocol === 'https:', secretKeys, random, clock }),
    base: issuer.pathname.replace(/\/$/, ''),
    canSendLetters: development || settings.smtpUrl !== undefined || options.mail?.send !== undefined,
    minimumPasswordLength: settings.passwords.minimumLength,
  }
}

/** What the endpoints work with. */
function servicesOf({
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
}: Parts): Services {
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
    registration: life.registration,
    emailAddresses: life.emailAddresses,
    passwordReset: life.passwordReset,
    ownAccount: life.ownAccount,
    providers: life.providers,
    identities: life.identities,
    providerTokens: life.providerTokens,
    mailbox: mail.mailbox,
    serviceName: settings.brandName,
    pages: settings.pages === 'off' ? undefined : pagesOf(ground),
    permissions,
    profile: options.profile,
    docsOpen: settings.docs === 'open',
    development,
    refusalLog: telemetry.refusalLog,
    meters: telemetry.meters,
    metrics: async () => (await options.processes?.all()) ?? numbers(),
    metricsOpen: settings.metrics === 'open',
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
