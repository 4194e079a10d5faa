import { DAY_MILLISECONDS, HOUR_MILLISECONDS, MINUTE_MILLISECONDS } from '../base/duration.ts'
import { plainAddress } from '../base/network.ts'
import { isThisMachine } from '../base/this-machine.ts'
import { configureBuiltIn } from '../clients/built-in.ts'
import { createKnownClients } from '../clients/known-clients.ts'
import type { Settings } from '../config/settings.ts'
import { createChallenges } from '../factors/challenges.ts'
import { createPasskeys } from '../factors/passkeys.ts'
import { createSecondFactors, type SecondFactorService } from '../factors/second-factors.ts'
import type { GrantParts } from '../grants/grant.ts'
import { type AccountParts, type Accounts, createAccounts } from '../login/accounts.ts'
import { waitedForCore } from '../login/hash-rest.ts'
import { createHashQueue, type HashQueue, shareOfCores } from '../login/hashing.ts'
import { createRefusedSignIns } from '../login/refused-sign-ins.ts'
import { createThrottle } from '../login/throttle.ts'
import type { BrowserSessionLimits } from '../model/session-limits.ts'
import type { Limiter } from '../store/hot/limiter.ts'
import { memoryLimiter } from '../store/hot/memory.ts'
import { redisLimiter } from '../store/hot/redis-limiter.ts'
import { createRefreshTokens } from '../tokens/refresh-token.ts'
import type { Ground } from './ground.ts'
import type { Knowledge } from './knowledge.ts'
import type { Mail } from './mail.ts'
import type { Telemetry } from './telemetry.ts'

/** Everything between a password and a session. */
export interface SignIn {
  readonly grants: GrantParts
  readonly secondFactors: SecondFactorService
  readonly hashes: HashQueue
  readonly limiter: Limiter
  /** In development everybody is this machine, and so are the scripts that load it. */
  readonly isShared: (address: string | undefined) => boolean
  /** The accounts on another store, or inside a transaction. */
  readonly accountsOn: (on: Pick<AccountParts, 'store' | 'revocationsChanged'>) => Accounts
}

export function wireSignIn(
  ground: Ground,
  knowledge: Knowledge,
  { postman }: Mail,
  { meters }: Telemetry,
): SignIn {
  const { options, settings, permissions, store, clock, random, logger, secretKeys } = ground
  const { keys, state, feed } = knowledge
  const hashes = createHashQueue({ clock, waitedForCore, ...shareOfCores(options.processes?.count) })
  const limiter = limiterOf(ground, knowledge.liveNodes)
  const isShared = (address: string | undefined): boolean =>
    ground.development && address !== undefined && isThisMachine(plainAddress(address))
  const accountsOn: SignIn['accountsOn'] = (on) =>
    createAccounts({
      ...on,
      hashes,
      random,
      profile: options.profile,
      minimumPasswordLength: settings.passwords.minimumLength,
      serviceName: settings.brandName,
      permissions,
      defaultRoles: settings.defaultRoles,
      requireSecondFactor: settings.requireSecondFactor,
    })
  const ownAddresses = [...settings.firstPartyRedirectUris, ...docsAddresses(settings)]
  const clients = createKnownClients(configureBuiltIn(store.clients, ownAddresses), clock)
  feed.onNews(clients.forget)
  const challenges = createChallenges({
    issuer: settings.issuer,
    secretKeys,
    random,
    clock,
    oneTime: store.oneTime,
    storeEpoch: feed.storeEpoch,
  })
  const serviceName = settings.brandName
  const passkeys = createPasskeys({
    issuer: settings.issuer,
    ownOrigins: ground.ownOrigins,
    serviceName,
    store,
  })
  const secondFactors = createSecondFactors({
    store,
    challenges,
    passkeys,
    secretKeys,
    clock,
    random,
    serviceName,
    usable: Object.keys(settings.providers),
    postman,
    revocationsChanged: feed.changed,
  })
  const grants: GrantParts = {
    settings: {
      issuer: settings.issuer,
      audience: settings.audience,
      accessLifeSeconds: ground.accessLifeSeconds,
      sessionLifeMilliseconds: settings.refreshTokenExpireDays * DAY_MILLISECONDS,
      idleMilliseconds: settings.refreshIdleDays * DAY_MILLISECONDS,
      reuseWindowMilliseconds: settings.refreshReuseWindowSeconds * 1000,
      onReuse: settings.onReuse,
      repeatElsewhere: settings.repeatElsewhere,
      passwordGrant: settings.passwordGrant,
      verifiedEmailRequired: settings.verifiedEmailRequired,
      requireSecondFactor: settings.requireSecondFactor,
      browserSessions: browserSessionLimits(settings),
    },
    meters,
    policy: permissions,
    store,
    hashes,
    throttle: createThrottle({ limiter, isShared }),
    clock,
    random,
    secretKeys,
    refreshTokens: createRefreshTokens(settings.issuer, secretKeys),
    keyRing: keys.ring,
    challenges,
    passkeys,
    postman,
    idKey: keys.idKey,
    defaultRoles: settings.defaultRoles,
    ownUsers: options.users,
    hooks: options.hooks ?? {},
    refusedSignIns: createRefusedSignIns({
      store,
      limiter,
      report: (error) => logger.warn({ err: error }, 'the event of a refused sign-in could not be written'),
    }),
    claims: options.claims,
    clockUnsure: feed.clockUnsure,
    clients,
    isEnded: state.isEnded,
    refusesSession: state.refusesSession,
    storeFellBack: feed.storeFellBack,
    revocationsChanged: feed.changed,
    inBackground(work) {
      Promise.resolve()
        .then(work)
        .catch((error: unknown) => logger.error({ err: error }, 'code of the application failed'))
    },
  }
  return { grants, secondFactors, hashes, limiter, isShared, accountsOn }
}

/** Where the page of the API documents takes its code: under each name that this machine has in development. */
function docsAddresses({ issuer, docs }: Settings): string[] {
  if (docs !== 'open') return []
  const address = new URL(`${issuer}/docs/oauth2-redirect.html`)
  if (!isThisMachine(address.hostname)) return [address.href]
  return ['127.0.0.1', '[::1]', 'localhost'].map((name) => {
    address.hostname = name
    return address.href
  })
}

/** Limits are counted in Redis where there is one; else each node counts its share. */
function limiterOf({ settings, redis, clock, random, logger }: Ground, shares: () => number): Limiter {
  const meanwhile = memoryLimiter({ clock, random, shares })
  if (redis === undefined) return meanwhile
  const prefix = `countersign ${settings.issuer}`
  const late = (isLate: boolean): void => {
    if (isLate) logger.warn({}, 'Redis answers too late: each process counts its share of the limits')
    else logger.info({}, 'Redis answers in time again: limits are counted together')
  }
  const refused = (reason: string): void =>
    logger.warn({ reason }, 'Redis does not count: each process counts its share of the limits')
  return redisLimiter({ connect: () => redis.connection(), prefix, meanwhile, clock, late, refused })
}

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
