import type { Clock } from '../base/clock.ts'
import { DAY_MILLISECONDS } from '../base/duration.ts'
import { DATA_FOLDER } from '../config/development-keys.ts'
import { createKeyService, type KeyService } from '../keys/key-service.ts'
import { createRevocationFeed, type RevocationFeed } from '../revocation/feed.ts'
import { type RedisHintsOptions, redisHints } from '../revocation/redis-hints.ts'
import { createRevocationState, type RevocationState } from '../revocation/state.ts'
import { clockOfStore } from '../revocation/store-clock.ts'
import type { HintVerbs } from '../store/hints.ts'
import type { RedisLink } from '../store/hot/redis.ts'
import type { Store, StoreIdentity } from '../store/store.ts'
import { type AccessReader, createAccessReader } from '../tokens/read-access.ts'
import { whileUnheard } from '../tokens/unheard-keys.ts'
import type { Ground } from './ground.ts'
import {
  type EpochMemory,
  epochInFile,
  epochInRedis,
  refuseOlderStore,
  rememberEpoch,
} from './remembered-epoch.ts'
import { signingSecretsFor } from './signing-secrets.ts'

/** What this process knows of keys and revocations, kept fresh, and the one verdict that rests on it. */
export interface Knowledge {
  readonly keys: KeyService
  readonly state: RevocationState
  readonly feed: RevocationFeed
  readonly reader: AccessReader
  /** For everything that judges by the time: that of the database, which all nodes share, where it has one of its own. */
  readonly clock: Clock
  readonly memories: readonly EpochMemory[]
  /** How many nodes share the database, this one included, as last announced. */
  readonly liveNodes: () => number
  /** Rejects if the database is an older state of one that was known. */
  checkStore(): Promise<void>
}

/** Keys and feed need one another: a pull tells of a new ring, and a change of the ring is news for the feed. */
export function wireKnowledge(ground: Ground): Knowledge {
  const { settings, store, redis, clock, random, logger, secretKeys, accessLifeSeconds } = ground
  const memories = [epochInFile(DATA_FOLDER), ...(redis ? [epochInRedis(() => redis.connection())] : [])]
  const hints = hintsOf(store, redis, { channel: `countersign ${settings.issuer}`, clock, random })
  const maxStalenessMilliseconds = settings.maxStalenessSeconds * 1000
  let known: StoreIdentity | undefined
  let liveNodes = 1

  const keys = createKeyService({
    node: ground.node,
    store,
    secretKeys,
    signingSecrets: signingSecretsFor(settings, secretKeys),
    algorithm: settings.jwtAlgorithm,
    rotateAfterMilliseconds: settings.keyRotationDays * DAY_MILLISECONDS,
    accessLifeSeconds,
    maxStalenessMilliseconds,
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
    times: ground.options.keyTimes,
  })
  const state = createRevocationState({ clock, random })
  const feed = createRevocationFeed({
    revocations: store.revocations,
    state,
    clock,
    logger,
    hints,
    maxStalenessMilliseconds,
    strict: settings.staleness === 'strict',
    reuseWindowMilliseconds: settings.refreshReuseWindowSeconds * 1000,
    async onPull({ ringVersion, storeEpoch }) {
      // Where the database does not answer, the feed says so; what is remembered of scopes may be older than that.
      await ground.permissions.freshen().catch(() => undefined)
      await keys.ring.follow(ringVersion, feed.age())
      if (known === undefined || storeEpoch <= known.epoch) return
      known = { id: known.id, epoch: storeEpoch }
      await rememberEpoch(memories, known)
    },
  })
  const judging = store.dialect === 'sqlite' ? clock : clockOfStore(clock, feed.storeNow)
  return {
    keys,
    state,
    feed,
    clock: judging,
    reader: whileUnheard(
      createAccessReader({
        issuer: settings.issuer,
        audience: settings.audience,
        keys: keys.ring.find,
        clock: judging,
        maxLifetimeSeconds: accessLifeSeconds,
        revocation: feed.refuses,
      }),
      feed.isStale,
    ),
    memories,
    liveNodes: () => liveNodes,
    async checkStore() {
      known = await refuseOlderStore(store, memories)
    },
  }
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
