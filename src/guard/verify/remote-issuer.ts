import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Random } from '../../base/random.ts'
import { backgroundTimer, type Schedule } from '../../base/schedule.ts'
import { createRemoteJwks, type RemoteJwks } from '../../keys/remote-jwks.ts'
import type { RevocationFeed } from '../../revocation/feed.ts'
import { createHttpRevocationFeed } from '../../revocation/http-feed.ts'
import { createRevocationState } from '../../revocation/state.ts'
import { readByMap } from '../../tokens/claim-map.ts'
import type { TrustedIssuer } from '../../tokens/read-access.ts'
import { type FollowedRevocations, feedAddress, type IssuerOptions } from './issuer-options.ts'

/** What an issuer is reached and judged with. Handed in, so that a test can be the network and the time. */
export interface RemoteParts {
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly schedule?: Schedule
}

/** An issuer elsewhere: its keys, and its revocations where it says them. */
export interface RemoteIssuer {
  readonly jwks: RemoteJwks
  readonly trusted: TrustedIssuer
  /** Connects. Rejects if the issuer does not answer, and goes on trying all the same. */
  start(): Promise<void>
  stop(): Promise<void>
}

const MAX_LIFETIME_SECONDS = 3600
const RETRY_MILLISECONDS = 1000

export function createRemoteIssuer(options: IssuerOptions, parts: RemoteParts): RemoteIssuer {
  const { issuer, audience, revocations, expect, claims, jwksUri, algorithm } = options
  const jwks = createRemoteJwks({
    ...parts,
    issuer,
    jwksUri,
    algorithm,
    maxStaleSeconds: options.maxKeyAgeSeconds,
  })
  const follows = typeof revocations === 'object'
  const feed = follows ? followRevocations(issuer, revocations, jwks, parts) : undefined
  return {
    jwks,
    trusted: {
      issuer,
      audience,
      keys: jwks.find,
      maxLifetimeSeconds: options.maxLifetimeSeconds ?? MAX_LIFETIME_SECONDS,
      revocation: (token, kid, read) =>
        jwks.isUsable(read) ? feed?.refuses(token, kid, read) : 'JWKS_UNREACHABLE',
      ...(options.toleranceSeconds !== undefined && { toleranceSeconds: options.toleranceSeconds }),
      ...(options.tokenType !== undefined && { type: options.tokenType }),
      ...(expect !== undefined && { expect }),
      ...(claims !== undefined && { readClaims: readByMap(claims) }),
    },
    async start() {
      const started = await Promise.allSettled([jwks.start(), feed?.start()])
      const failed = started.find((outcome) => outcome.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    },
    async stop() {
      jwks.stop()
      await feed?.stop()
    },
  }
}

type StartedFeed = Pick<RevocationFeed, 'start' | 'stop' | 'refuses'>

function followRevocations(
  issuer: string,
  revocations: FollowedRevocations,
  jwks: RemoteJwks,
  { fetch, clock, random, logger, schedule = backgroundTimer }: RemoteParts,
): StartedFeed {
  let ringVersion: number | undefined
  const authorization = basicCredentials(revocations)
  const feed = createHttpRevocationFeed({
    url: feedAddress(issuer, revocations),
    fetch,
    authorization: () => authorization,
    random,
    state: createRevocationState({ clock, random }),
    clock,
    logger,
    schedule,
    maxStalenessMilliseconds: (revocations.maxStalenessSeconds ?? 5) * 1000,
    strict: revocations.staleness !== 'relaxed',
    onPull(answer) {
      // The keys have changed since the last answer: no reason to wait until the next regular question.
      if (ringVersion !== undefined && answer.ringVersion !== ringVersion) jwks.noteChange()
      ringVersion = answer.ringVersion
    },
  })
  return keepStarting(feed, schedule)
}

/** A feed that has never had an answer does not ask again by itself; until it has one, every token is refused. */
function keepStarting(feed: RevocationFeed, schedule: Schedule): StartedFeed {
  let cancel: (() => void) | undefined
  const again = (): void => {
    cancel = schedule(() => {
      cancel = undefined
      start().catch(nothing)
    }, RETRY_MILLISECONDS)
  }
  let stopped = false
  const start = async (): Promise<void> => {
    cancel?.()
    await feed.start().catch((error: unknown) => {
      if (!stopped) again()
      throw error
    })
  }
  return {
    refuses: feed.refuses,
    start() {
      stopped = false
      return start()
    },
    async stop() {
      stopped = true
      cancel?.()
      await feed.stop()
    },
  }
}

const nothing = (): void => undefined

/** Form-encoded before they are joined (RFC 6749 section 2.3.1). */
function basicCredentials({ clientId, clientSecret }: FollowedRevocations): string {
  const encoded = [clientId, clientSecret].map((part) => new URLSearchParams({ part }).toString().slice(5))
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`
}
