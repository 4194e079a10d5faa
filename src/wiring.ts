import type { Origin } from './audit/events.ts'
import type { AuthOptions } from './auth-options.ts'
import { guardedClock } from './base/clock.ts'
import { type Logger, silentLogger } from './base/logger.ts'
import { isLoopbackAddress } from './base/network.ts'
import { systemRandom } from './base/random.ts'
import { rememberBuiltIn } from './clients/built-in.ts'
import { createClients } from './clients/clients.ts'
import { DATA_FOLDER, keysFor } from './config/development-keys.ts'
import { checkOptions } from './config/resolve.ts'
import type { Settings } from './config/settings.ts'
import { configuredStore } from './configured-store.ts'
import { declareRestored, type RestoreReport } from './declare-restored.ts'
import type { Route } from './endpoints/route.ts'
import type { Services } from './endpoints/services.ts'
import { AuthError } from './errors/auth-error.ts'
import type { GrantParts } from './grants/grant.ts'
import { apiKey } from './guard/credentials/api-key.ts'
import { bearer } from './guard/credentials/bearer.ts'
import { credential, ownCredential } from './guard/credentials/own.ts'
import { session } from './guard/credentials/session.ts'
import { createGuard, type Guard } from './guard/guard.ts'
import { createSockets } from './guard/sockets.ts'
import { clientAddresses } from './http/client-address.ts'
import { createCors } from './http/cors.ts'
import { createCursors } from './http/cursor.ts'
import { createRateLimits } from './http/rate-limit.ts'
import { createSessionCookies } from './http/session-cookies.ts'
import { createKeyService } from './keys/key-service.ts'
import { createSecretKeys, type SecretKeys } from './keys/secret-keys.ts'
import { derivedSigningSecrets, type SigningSecrets, signingSecretsOf } from './keys/signing-secrets.ts'
import { type AccountParts, type Accounts, createAccounts } from './login/accounts.ts'
import { createApiKeys } from './login/api-keys.ts'
import { createHashQueue } from './login/hashing.ts'
import { createThrottle } from './login/throttle.ts'
import { createUseNotes } from './login/use-notes.ts'
import type { BrowserSessionLimits } from './model/session-limits.ts'
import { epochInFile, epochInRedis, refuseOlderStore, rememberEpoch } from './remembered-epoch.ts'
import { createRevocationFeed } from './revocation/feed.ts'
import { createFeedAnswers } from './revocation/feed-answers.ts'
import { createFeedStreams } from './revocation/feed-stream.ts'
import { type RedisHintsOptions, redisHints } from './revocation/redis-hints.ts'
import { createRevocationState } from './revocation/state.ts'
import type { HintVerbs } from './store/hints.ts'
import type { Limiter } from './store/hot/limiter.ts'
import { type MemoryLimiterOptions, memoryLimiter } from './store/hot/memory.ts'
import { createRedisLink, type RedisLink } from './store/hot/redis.ts'
import { redisLimiter } from './store/hot/redis-limiter.ts'
import { startHousekeeping } from './store/housekeeping.ts'
import type { SessionUse } from './store/sessions.ts'
import type { Store, StoreIdentity } from './store/store.ts'
import { createAccessReader } from './tokens/read-access.ts'
import { createRefreshTokens } from './tokens/refresh-token.ts'
import { sessionCookieName } from './tokens/session-cookie.ts'
import { createSocketTickets } from './tokens/socket-ticket.ts'

/** The parts of one issuer, put together, and how they are set going and stopped. */
export interface Wired {
  readonly services: Services
  /** For the routes of the application. */
  readonly guard: Guard
  /** The accounts on another store, or inside a transaction. */
  readonly accountsOn: (on: Pick<AccountParts, 'store' | 'revocationsChanged'>) => Accounts
  readonly logger: Logger
  readonly storeEpoch: () => number
  /** The store's time as far as known, which all nodes share. Milliseconds since 1970. */
  readonly storeNow: () => number
  /** Instead of `start`, which refuses a database that was put back. */
  declareRestored(by: Origin): Promise<RestoreReport>
  /** Connects and prepares. May be called again after it failed. */
  start(): Promise<void>
  /** Says that it is about to stop, and ends what would go on by itself. */
  drain(): void
  stop(): Promise<void>
}

const DAY_MILLISECONDS = 86_400_000

/** Every part is made here, once, and handed what it needs. Nothing connects yet. Throws a ConfigError. */
export function wire(options: AuthOptions, routes: readonly Route[]): Wired {
  const { settings, mode } = checkOptions(options)
  const clock = options.clock ?? guardedClock()
  const random = options.random ?? systemRandom
  const logger = options.logger ?? silentLogger
  const development = mode === 'development'
  const store = options.store ?? configuredStore(settings)
  const redis = settings.redisUrl && createRedisLink(settings.redisUrl.reveal(), logger)

  const memories = [epochInFile(DATA_FOLDER), ...(redis === undefined ? [] : [epochInRedis(redis)])]
  let known: StoreIdentity | undefined

  const secretKeys = createSecretKeys(keysFor(settings, mode, random).map((key) => key.reveal()))
  const accessLifeSeconds = settings.accessTokenExpireMinutes * 60
  const hints = hintsOf(store, redis, { channel: `countersign ${settings.issuer}`, clock, random })
  const keys = createKeyService({
    store,
    secretKeys,
    signingSecrets: signingSecretsFor(settings, secretKeys),
    algorithm: settings.jwtAlgorithm,
    rotateAfterMilliseconds: settings.keyRotationDays * DAY_MILLISECONDS,
    accessLifeSeconds,
    maxStalenessMilliseconds: settings.maxStalenessSeconds * 1000,
    revocationsChanged: () => feed.changed(),
    tellOthers() {
      for (const way of hints) way.send()
    },
    clock,
    random,
    logger,
    onNodes(nodes) {
      liveNodes = nodes.length
    },
    times: options.keyTimes,
  })

  const state = createRevocationState({ clock, random })
  const feed = createRevocationFeed({
    revocations: store.revocations,
    state,
    clock,
    logger,
    hints,
    maxStalenessMilliseconds: settings.maxStalenessSeconds * 1000,
    strict: settings.staleness === 'strict',
    reuseWindowMilliseconds: settings.refreshReuseWindowSeconds * 1000,
    async onPull({ ringVersion, storeEpoch }) {
      await keys.ring.follow(ringVersion, feed.age())
      if (known === undefined || storeEpoch <= known.epoch) return
      known = { id: known.id, epoch: storeEpoch }
      await rememberEpoch(memories, known)
    },
  })
  const reader = createAccessReader({
    issuer: settings.issuer,
    audience: settings.audience,
    keys: keys.ring.find,
    clock,
    maxLifetimeSeconds: accessLifeSeconds,
    revocation: feed.refuses,
  })
  const hashes = createHashQueue({ clock })
  let liveNodes = 1
  const limiter = limiterOf(redis, settings.issuer, { clock, random, shares: () => liveNodes })
  /** In development everybody is this machine, and so are the scripts that load it. */
  const isShared = (address: string): boolean => development && isLoopbackAddress(address)
  const accountsOn: Wired['accountsOn'] = (on) =>
    createAccounts({
      ...on,
      hashes,
      random,
      profile: options.profile,
      minimumPasswordLength: settings.passwords.minimumLength,
      serviceName: 'countersign',
      declaredRoles: Object.keys(settings.roles),
      defaultRoles: settings.defaultRoles,
    })
  const accounts = accountsOn({ store, revocationsChanged: feed.changed })
  const grants: GrantParts = {
    settings: {
      issuer: settings.issuer,
      audience: settings.audience,
      accessLifeSeconds,
      sessionLifeMilliseconds: settings.refreshTokenExpireDays * DAY_MILLISECONDS,
      idleMilliseconds: settings.refreshIdleDays * DAY_MILLISECONDS,
      reuseWindowMilliseconds: settings.refreshReuseWindowSeconds * 1000,
      onReuse: settings.onReuse,
      repeatElsewhere: settings.repeatElsewhere,
      passwordGrant: settings.passwordGrant,
      browserSessions: browserSessionLimits(settings),
    },
    policy: { scopes: settings.scopes, roles: settings.roles },
    store,
    hashes,
    throttle: createThrottle({ limiter, isShared }),
    clock,
    random,
    secretKeys,
    refreshTokens: createRefreshTokens(settings.issuer, secretKeys),
    keyRing: keys.ring,
    defaultRoles: settings.defaultRoles,
    ownUsers: options.users,
    hooks: options.hooks ?? {},
    claims: options.claims,
    clockUnsure: feed.clockUnsure,
    findClient: rememberBuiltIn(store.clients),
    refusesSession: state.refusesSession,
    storeFellBack: feed.storeFellBack,
    revocationsChanged: feed.changed,
    inBackground(work) {
      Promise.resolve()
        .then(work)
        .catch((error: unknown) => logger.error({ err: error }, 'code of the application failed'))
    },
  }
  const report = (error: unknown): void => logger.error({ err: error }, 'a guard failed and refused')

  const apiKeys = createApiKeys({
    store,
    policy: grants.policy,
    random,
    revocationsChanged: feed.changed,
    report,
  })
  const sessionUses = createUseNotes<SessionUse>((uses) => store.sessions.noteUses(uses), report)
  const https = settings.issuer.startsWith('https:')
  const ownOrigins = new Set([new URL(settings.issuer).origin, ...settings.corsOrigins])
  const cookieName = sessionCookieName(https)
  const standing = {
    policy: grants.policy,
    clock,
    state,
    feed,
    goodForMilliseconds: accessLifeSeconds * 1000,
  }
  const own = options.credentials ?? []
  const names = own.map(({ name }) => name)
  if (new Set(names).size < names.length) throw new TypeError('credentials: two have the same name')
  const ofBearer = bearer(reader.read)
  const socketTickets = createSocketTickets(settings.issuer, secretKeys, random)
  const sockets = createSockets({
    tickets: socketTickets,
    oneTime: store.oneTime,
    clock,
    bearer: ofBearer,
    report,
  })
  const credentials = [
    ofBearer,
    apiKey({ ...standing, store: store.apiKeys, noteUse: apiKeys.uses.note }),
    session({
      ...standing,
      store: store.sessions,
      limits: grants.settings.browserSessions,
      cookieName,
      ownOrigins,
      noteUse: sessionUses.note,
    }),
  ]
  let stopping = false
  const drain = (): void => {
    stopping = true
    services.feedStreams.close()
  }
  let housekeeping: { stop(): void } | undefined
  const services: Services = {
    routes,
    grants,
    accounts,
    keys: keys.management,
    clients: createClients({
      store,
      random,
      declaredScopes: Object.keys(settings.scopes),
      revocationsChanged: feed.changed,
    }),
    feedAnswers: createFeedAnswers({ revocations: store.revocations, feed, clock }),
    feedStreams: createFeedStreams({ feed }),
    rateLimits: createRateLimits({
      limiter,
      isExempt: (address) => settings.rateLimits === 'off' || isShared(address),
    }),
    cursors: createCursors(secretKeys),
    addresses: clientAddresses(settings.trustedProxies),
    cors: createCors(settings.corsOrigins),
    socketTickets,
    sockets,
    sessionCookies: createSessionCookies({ name: cookieName, https, ownOrigins }),
    apiKeys,
    guard: createGuard(credentials, clock, report),
    readAccess: reader.read,
    readExpired: reader.readExpired,
    registration: settings.registration === 'open' ? 'open' : 'closed',
    serviceName: 'Countersign',
    permissions: settings,
    profile: options.profile,
    docsOpen: settings.docs === 'open',
    development,
    async notReady() {
      if (stopping) return 'stopping'
      if (feed.isStale()) return 'the revocations are not fresh'
      return store.ping().then(
        () => undefined,
        () => 'the database does not answer',
      )
    },
  }

  return {
    services,
    // Our own endpoints act on accounts: there only our own credentials count.
    guard: createGuard(
      [...credentials, ...own.map((one) => ownCredential(credential(one), clock))],
      clock,
      report,
    ),
    accountsOn,
    logger,
    storeEpoch: feed.storeEpoch,
    storeNow: () => feed.storeNow() ?? clock.now(),
    async start() {
      await redis?.connection()
      await store.open({
        clock,
        migrate: development,
        eventRetentionMilliseconds: settings.eventRetentionDays * DAY_MILLISECONDS,
      })
      try {
        known = await refuseOlderStore(store, memories)
        await keys.announce()
        await refuseLostSecretKeys(services)
        await keys.load()
        await feed.start()
      } catch (error) {
        // A node that says it is there and is not would hold up the others.
        await keys.stop()
        await store.close()
        throw error
      }
      apiKeys.uses.start()
      sessionUses.start()
      housekeeping = startHousekeeping(store, logger)
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
      await apiKeys.uses.stop()
      await sessionUses.stop()
      sockets.stop()
      await feed.stop()
      await hashes.close()
      await keys.stop()
      await store.close()
      redis?.close()
    },
  }
}

/** What HS256 signs with: JWT_SECRET, or a secret of its own derived from each entry of SECRET_KEY. */
function signingSecretsFor(
  { jwtAlgorithm, jwtSecret }: Settings,
  secretKeys: SecretKeys,
): SigningSecrets | undefined {
  if (jwtAlgorithm !== 'HS256') return undefined
  if (jwtSecret === undefined) return derivedSigningSecrets(secretKeys)
  return signingSecretsOf(jwtSecret.map((secret) => secret.reveal()))
}

const MINUTE_MILLISECONDS = 60_000
const HOUR_MILLISECONDS = 3_600_000

function browserSessionLimits(settings: Settings): BrowserSessionLimits {
  return {
    everybody: {
      idleMilliseconds: settings.sessionIdleMinutes * MINUTE_MILLISECONDS,
      lifeMilliseconds: settings.sessionHours * HOUR_MILLISECONDS,
    },
    administrators: {
      idleMilliseconds: settings.adminSessionIdleMinutes * MINUTE_MILLISECONDS,
      lifeMilliseconds: settings.adminSessionHours * HOUR_MILLISECONDS,
    },
  }
}

/** Limits are counted in Redis where there is one; else each node counts its share. */
function limiterOf(redis: RedisLink | undefined, issuer: string, own: MemoryLimiterOptions): Limiter {
  const meanwhile = memoryLimiter(own)
  if (redis === undefined) return meanwhile
  return redisLimiter({ connect: () => redis.connection(), prefix: `countersign ${issuer}`, meanwhile })
}

/** The ways in which processes tell each other that there is something new to ask the database about. */
function hintsOf(
  store: Store,
  redis: RedisLink | undefined,
  parts: Pick<RedisHintsOptions, 'channel' | 'clock' | 'random'>,
): HintVerbs[] {
  const ways = [store.hints, redis && redisHints({ connect: () => redis.connection(), ...parts })]
  return ways.filter((way) => way !== undefined)
}

/**
 * A key that left SECRET_KEY while something is still made with it would sign people out, or leave a signing key that
 * nobody can decrypt. Better not to start, and to say how to.
 */
async function refuseLostSecretKeys({ grants: { store, secretKeys } }: Services): Promise<void> {
  const uses = Object.entries(await store.nodes.secretKeyUses())
  const lost = uses.filter(([fingerprint, count]) => count > 0 && !secretKeys.find(fingerprint))
  if (lost.length === 0) return
  throw new AuthError('SECRET_KEY_IN_USE', {
    details: {
      keys: lost.map(([fingerprint, count]) => `${fingerprint} (named ${count} times)`),
      have: secretKeys.fingerprints,
    },
  })
}
