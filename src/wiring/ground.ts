import { hostname } from 'node:os'
import type { AuthOptions } from '../auth-options.ts'
import { type Clock, guardedClock } from '../base/clock.ts'
import { consoleLogger, type Logger, silentLogger } from '../base/logger.ts'
import { type Random, randomId, systemRandom } from '../base/random.ts'
import { keysFor } from '../config/development-keys.ts'
import { checkOptions } from '../config/resolve.ts'
import type { Settings } from '../config/settings.ts'
import { type ClientAddresses, clientAddresses } from '../http/client-address.ts'
import { createSecretKeys, type SecretKeys } from '../keys/secret-keys.ts'
import { createPermissions, type Permissions } from '../permissions/permissions.ts'
import { createRedisLink, type RedisLink } from '../store/hot/redis.ts'
import type { Store } from '../store/store.ts'
import { configuredStore } from './configured-store.ts'

/** What every other part stands on. Nothing is connected yet. */
export interface Ground {
  readonly options: AuthOptions
  readonly settings: Settings
  readonly development: boolean
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly store: Store
  readonly permissions: Permissions
  readonly redis: RedisLink | undefined
  readonly secretKeys: SecretKeys
  /** The name of this issuer in this process, in its refusals and among the nodes that share its database. */
  readonly node: string
  readonly accessLifeSeconds: number
  readonly addresses: ClientAddresses
  /** Whose pages may use our cookies and passkeys: the issuer's own, and those that CORS lets in. */
  readonly ownOrigins: ReadonlySet<string>
}

/** Throws a ConfigError that names every problem of the options. */
export function layGround(options: AuthOptions): Ground {
  const { settings, mode } = checkOptions(options)
  const random = options.random ?? systemRandom
  const development = mode === 'development'
  const logger = options.logger ?? defaultLogger(options, settings, development)
  const store = options.store ?? configuredStore(settings)
  return {
    options,
    settings,
    development,
    clock: options.clock ?? guardedClock(),
    random,
    logger,
    store,
    permissions: createPermissions(settings, store.permissions),
    redis: settings.redisUrl && createRedisLink(settings.redisUrl.reveal(), logger),
    secretKeys: createSecretKeys(keysFor(settings, mode, random).map((key) => key.reveal())),
    // Processes have numbers again after a restart, and one process may hold several issuers.
    node: `${hostname()}-${process.pid}-${randomId(random).slice(0, 4)}`,
    accessLifeSeconds: settings.accessTokenExpireMinutes * 60,
    addresses: clientAddresses(settings.trustedProxies),
    ownOrigins: new Set([new URL(settings.issuer).origin, ...settings.corsOrigins]),
  }
}

/** A command tells by itself what became of it. In production only what somebody has to look at is news. */
function defaultLogger({ isCommand }: AuthOptions, { logLevel }: Settings, development: boolean): Logger {
  if (isCommand) return silentLogger
  const isNews = logLevel === 'debug' || logLevel === 'info'
  return consoleLogger(isNews && !development ? 'warn' : logLevel)
}
