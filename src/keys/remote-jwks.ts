import { type Clock, type ClocksRead, type Moment, millisecondsSince, momentOf } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { backgroundTimer, type Schedule } from '../base/schedule.ts'
import type { JsonObject } from '../base/strict-json.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { PublicAlgorithm } from './algorithm.ts'
import { discoverKeySet } from './discovery.ts'
import { fetchDocument } from './issuer-document.ts'
import { readJwks } from './jwks.ts'
import type { KeyLookup, PublicVerificationKey } from './verification-key.ts'

export interface RemoteJwksOptions {
  readonly issuer: string
  /** Where the key set lies; found by the issuer's metadata unless given. */
  readonly jwksUri?: string | undefined
  /** For keys that do not name theirs. A key that does is of its own. */
  readonly algorithm?: PublicAlgorithm | undefined
  /** How long keys are trusted while the issuer does not answer. */
  readonly maxStaleSeconds?: number | undefined
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly logger: Logger
  readonly schedule?: Schedule
  readonly timeLimitMilliseconds?: number
}

/** The public keys of another issuer, kept up to date whatever the traffic (PROTOCOL 3.2). */
export interface RemoteJwks {
  /** Fetches the set, then goes on fetching it. Rejects if the issuer does not answer, and goes on trying all the same. */
  start(): Promise<void>
  stop(): void
  readonly find: KeyLookup
  /** Whether there are keys, and the issuer has confirmed them lately. Judged by the clocks at this very call. */
  readonly isUsable: (read?: ClocksRead) => boolean
  /** Whether the last question got no answer: there may be keys that nobody here knows. */
  readonly isFailing: () => boolean
  /**
   * For a key that is not in the set: fetches it at once, or answers undefined if that was done a moment ago. Those who
   * ask at the same time share one fetch. Resolves to whether there was an answer.
   */
  readonly refetch: () => Promise<boolean> | undefined
  /** The issuer says that its keys have changed: fetches them by a question that is put from now on. */
  readonly noteChange: () => void
}

const TIME_LIMIT_MILLISECONDS = 5000
/** What issuers say is taken within these bounds: neither a flood of fetches, nor keys that are never asked about. */
const CACHE_SECONDS = { usual: 300, least: 60, most: 3600 } as const
const MAX_STALE_SECONDS = 24 * 3600
const RETRY_MILLISECONDS = { first: 1000, most: 60_000 } as const
const BETWEEN_REFETCHES_MILLISECONDS = 30_000

export function createRemoteJwks(options: RemoteJwksOptions): RemoteJwks {
  const { issuer, fetch, clock, logger, schedule = backgroundTimer } = options
  const maxStaleMilliseconds = (options.maxStaleSeconds ?? MAX_STALE_SECONDS) * 1000
  const timeLimitMilliseconds = options.timeLimitMilliseconds ?? TIME_LIMIT_MILLISECONDS

  let keys = new Map<string, PublicVerificationKey>()
  let address = options.jwksUri
  /** When the question was asked whose answer is in `keys`. */
  let confirmed: Moment | undefined
  let lastAsked: Moment | undefined
  let cacheMilliseconds: number = CACHE_SECONDS.usual * 1000
  let failures = 0
  let running = false
  let underWay: Promise<void> | undefined
  let cancelNext = (): void => undefined

  const load = async (): Promise<void> => {
    const asked = momentOf(clock)
    lastAsked = asked
    const reader = { fetch, signal: AbortSignal.timeout(timeLimitMilliseconds) }
    address ??= await discoverKeySet(issuer, reader)
    const { content, maxAgeSeconds = CACHE_SECONDS.usual } = await fetchDocument(address, reader)
    take(content)
    confirmed = asked
    cacheMilliseconds = 1000 * Math.min(CACHE_SECONDS.most, Math.max(CACHE_SECONDS.least, maxAgeSeconds))
  }

  /**
   * A key that is still the same stays the same object: what is remembered of it goes on counting. One that is gone
   * counts no more. A set without any is taken for a mistake of the issuer, which must not sign everybody out.
   */
  const take = (document: JsonObject): void => {
    const read = readJwks(document, options.algorithm)
    const next = new Map(read.keys.map((key) => [key.kid, sameOf(keys.get(key.kid), key)]))
    if (next.size === 0) {
      const refused = read.refused.map(({ kid, why }) => `${kid}: ${why}`)
      throw new AuthError('JWKS_UNREACHABLE', {
        details: { issuer, why: 'no key of the set can be used', refused },
      })
    }
    for (const [kid, key] of keys) if (next.get(kid) !== key) key.withdraw()
    keys = next
  }

  const refresh = (): Promise<void> => {
    underWay ??= load()
      .then(succeeded, failed)
      .finally(() => {
        underWay = undefined
      })
    return underWay
  }
  const succeeded = (): void => {
    if (failures > 0) logger.info({ issuer, failures }, 'the issuer gives its keys again')
    failures = 0
    planNext(cacheMilliseconds / 2)
  }
  const failed = (error: unknown): never => {
    failures++
    if (failures === 1) logger.warn({ issuer, err: error }, 'the issuer does not give its keys')
    // The set may have moved.
    address = options.jwksUri
    planNext(Math.min(RETRY_MILLISECONDS.most, RETRY_MILLISECONDS.first * 2 ** (failures - 1)))
    throw error
  }
  const refreshQuietly = (): void => void refresh().catch(nothing)

  const planNext = (delayMilliseconds: number): void => {
    cancelNext()
    if (running) cancelNext = schedule(refreshQuietly, delayMilliseconds)
  }

  return {
    start() {
      running = true
      return refresh()
    },
    stop() {
      running = false
      cancelNext()
    },
    find: (kid) => keys.get(kid),
    isUsable: (read) =>
      confirmed !== undefined && millisecondsSince(clock, confirmed, read) <= maxStaleMilliseconds,
    isFailing: () => failures > 0,
    refetch() {
      const isRecent =
        lastAsked !== undefined && millisecondsSince(clock, lastAsked) < BETWEEN_REFETCHES_MILLISECONDS
      if (underWay === undefined && isRecent) return undefined
      return refresh().then(
        () => true,
        () => false,
      )
    },
    noteChange() {
      if (underWay === undefined) refreshQuietly()
      else void underWay.then(refreshQuietly, refreshQuietly)
    },
  }
}

const nothing = (): void => undefined

function sameOf(
  known: PublicVerificationKey | undefined,
  read: PublicVerificationKey,
): PublicVerificationKey {
  const isSame = known !== undefined && JSON.stringify(known.publicJwk) === JSON.stringify(read.publicJwk)
  return isSame ? known : read
}
