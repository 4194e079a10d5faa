import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import { ID_TOKEN_ALGORITHMS, type IdTokenAlgorithm } from '../model/client.ts'
import type { NodeAnnouncement } from '../store/nodes.ts'
import type { Store } from '../store/store.ts'
import type { SigningAlgorithm } from './algorithm.ts'
import { createAnnouncer } from './announcer.ts'
import { createKeyKeeper } from './key-keeper.ts'
import { createKeyManagement, type KeyManagement } from './key-management.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import { KEY_TIMES, type KeyKind, type KeyTimes } from './phases.ts'
import type { SecretKeys } from './secret-keys.ts'
import type { SigningKey } from './signing-key.ts'
import type { SigningSecrets } from './signing-secrets.ts'

/** The keys of one issuer in this process: those in memory, and all that keeps them right. */
export interface KeyService {
  readonly ring: KeyRing
  readonly management: KeyManagement
  /** The key that signs ID tokens of the algorithm, made at its first use. */
  idKey(algorithm: IdTokenAlgorithm): Promise<SigningKey>
  /** Tells the other nodes what this one reads; so the first thing written here is readable everywhere. */
  announce(): Promise<void>
  /** Reads the ring, with a first key in it, and proves that every live key decrypts. */
  load(): Promise<void>
  stop(): Promise<void>
}

/** For tests: the life of a key in fast motion. */
export interface ShortKeyTimes extends Partial<KeyTimes> {
  readonly announcingMilliseconds?: number
}

export interface KeyServiceParts {
  /** What this node is called among the others. */
  readonly node: string
  readonly store: Pick<Store, 'keys' | 'nodes' | 'sessions'>
  readonly secretKeys: SecretKeys
  /** With HS256; undefined for every other algorithm. */
  readonly signingSecrets: SigningSecrets | undefined
  readonly algorithm: SigningAlgorithm | 'HS256'
  readonly rotateAfterMilliseconds: number
  readonly accessLifeSeconds: number
  readonly maxStalenessMilliseconds: number
  readonly revocationsChanged: () => Promise<void>
  /** Tells the other processes that there is something to ask the database about. Never fails. */
  readonly tellOthers: () => void
  /** Told of all live nodes, this one included, at each announcement. */
  readonly onNodes: (nodes: readonly NodeAnnouncement[]) => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly times: ShortKeyTimes | undefined
}

export function createKeyService(parts: KeyServiceParts): KeyService {
  const { store, secretKeys, signingSecrets, algorithm, random, logger } = parts
  const { announcingMilliseconds, ...shorter } = parts.times ?? {}
  const times: KeyTimes = { ...KEY_TIMES, ...shorter }
  const kinds: readonly KeyKind[] = [
    ...(algorithm === 'HS256' ? [] : [{ use: 'access', algorithm } as const]),
    ...ID_TOKEN_ALGORITHMS.map((one) => ({ use: 'id', algorithm: one }) as const),
  ]
  const ring = createKeyRing({ ...parts, store: store.keys, onChange: () => void announcer.announceNow() })
  const change = { store: store.keys, keyRing: ring, secretKeys, random, tellOthers: parts.tellOthers }
  const policy = { kinds, rotateAfterMilliseconds: parts.rotateAfterMilliseconds }
  const keeper = createKeyKeeper({ ...change, policy, times, logger })

  let isLoaded = false
  let isSettled = false
  let tended: Promise<void> | undefined
  const announcement = (): NodeAnnouncement => ({
    id: parts.node,
    secretKeys: secretKeys.fingerprints,
    ringVersion: ring.stored.version,
    accessLifeSeconds: parts.accessLifeSeconds,
    algorithm,
    signingSecrets: signingSecrets?.fingerprints ?? [],
  })
  const lacksKey = (): boolean =>
    kinds.some(({ use }) => use === 'access') &&
    !ring.stored.keys.some(({ use, phase }) => use === 'access' && phase === 'active')
  const announcer = createAnnouncer({
    nodes: store.nodes,
    announcement,
    heard(nodes, isRegular) {
      secretKeys.noteReaders(nodes)
      signingSecrets?.noteReaders(nodes)
      parts.onNodes(nodes)
      // Not before the first regular one: a start, or a command that is over in a moment, has better things to do.
      isSettled ||= isRegular
      // Where nothing signs any more, as after a withdrawal that the database had lost, nobody can wait for that.
      if (isSettled || (isLoaded && lacksKey())) tended = keeper.tend(nodes)
    },
    logger,
    everyMilliseconds: announcingMilliseconds,
  })

  return {
    ring,
    management: createKeyManagement({
      ...change,
      stores: store,
      times,
      kinds,
      signingSecrets,
      revocationsChanged: parts.revocationsChanged,
    }),
    idKey: keeper.idKey,
    announce: announcer.start,
    async load() {
      await ring.load()
      await keeper.prepare()
      isLoaded = true
      // Before this node serves anything, so that nobody waits for it.
      await announcer.announceNow()
    },
    async stop() {
      await announcer.stop()
      await tended
    },
  }
}
