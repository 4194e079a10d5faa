import type { NewEvent, Origin } from '../audit/events.ts'
import type { Logger } from '../base/logger.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { IdTokenAlgorithm } from '../model/client.ts'
import type { StoredKey, StoredRing } from '../store/keys.ts'
import type { NodeAnnouncement } from '../store/nodes.ts'
import { changeRing, type KeyChange, type KeyChangeParts } from './key-change.ts'
import { type KeyKind, type KeyPolicy, type KeyTimes, keyWanted, stepsDue, type WantedKey } from './phases.ts'
import { makeSigningKey, type SigningKey } from './signing-key.ts'
import { isSealed, resealKey, storeKey } from './stored-key.ts'

/** Keeps the ring as it ought to be, as a part of the ordinary work of whichever node gets there first. */
export interface KeyKeeper {
  /** Sees to it that there is a key to sign access tokens with. */
  prepare(): Promise<void>
  /** Takes the one step that is due, if any is; to be called again and again with the nodes that live. */
  tend(nodes: readonly NodeAnnouncement[]): Promise<void>
  /** The key that signs ID tokens of the algorithm, made now if there is none. */
  idKey(algorithm: IdTokenAlgorithm): Promise<SigningKey>
}

export interface KeyKeeperParts extends KeyChangeParts {
  readonly policy: KeyPolicy
  readonly times: KeyTimes
  readonly logger: Logger
}

const SYSTEM: Origin = { actor: { kind: 'system' } }

export function createKeyKeeper(parts: KeyKeeperParts): KeyKeeper {
  const { keyRing, policy, times, logger } = parts
  let tending = false

  /** Of the steps that are due the first: moving keys on, making one, encrypting anew. */
  const due = (ring: StoredRing, nodes: readonly NodeAnnouncement[]): Due | undefined => {
    const servedByAll = nodes.length > 0 && nodes.every(({ ringVersion }) => ringVersion >= ring.version)
    const moved = stepsDue({ ring, servedByAll, times })
    if (moved !== undefined) return { keys: moved }
    const agreed = new Set(nodes.map(({ algorithm }) => algorithm)).size === 1
    const wanted = keyWanted(ring, policy, agreed)
    if (wanted !== undefined) return { wanted }
    return needsSealing(ring, nodes, parts) ? { reseal: true } : undefined
  }

  const changeOf = async (ring: StoredRing, step: Due): Promise<KeyChange> => {
    if ('keys' in step) return { keys: step.keys, event: moveEvent(ring.keys, step.keys) }
    if ('wanted' in step) return makeKey(ring, step.wanted, parts)
    const { secretKeys, random } = parts
    const keys = ring.keys.map((key) => resealKey(key, secretKeys.writing, secretKeys, random))
    return { keys, event: event('key.reencrypted', { secret_key: secretKeys.writing.fingerprint }) }
  }

  const makeFirst = (isMeant: (kind: KeyKind) => boolean) =>
    changeRing(parts, (ring) => {
      const wanted = keyWanted(ring, { ...policy, kinds: policy.kinds.filter(isMeant) }, false)
      return wanted?.phase === 'active' ? makeKey(ring, wanted, parts) : undefined
    })

  return {
    async prepare() {
      await makeFirst(({ use }) => use === 'access')
    },
    async tend(nodes) {
      if (tending) return
      tending = true
      try {
        // Asking the ring in memory costs nothing; what is found due there is decided anew on the one in the store.
        if (due(keyRing.stored, nodes) === undefined) return
        await changeRing(parts, (ring) => {
          const step = due(ring, nodes)
          return step === undefined ? undefined : changeOf(ring, step)
        })
      } catch (error) {
        logger.warn({ err: error }, 'a step of the signing keys failed; it is tried again')
      } finally {
        tending = false
      }
    },
    async idKey(algorithm) {
      await keyRing.freshen()
      if (keyRing.idKey(algorithm) === undefined) {
        await makeFirst((kind) => kind.use === 'id' && kind.algorithm === algorithm)
      }
      const key = keyRing.idKey(algorithm)
      if (key === undefined) throw new AuthError('SIGNING_KEY_MISSING')
      return key
    },
  }
}

type Due =
  | { readonly keys: readonly StoredKey[] }
  | { readonly wanted: WantedKey }
  | { readonly reseal: true }

/** The ring with one more key, as wanted. */
async function makeKey(
  ring: StoredRing,
  { use, algorithm, phase }: WantedKey,
  parts: KeyChangeParts,
): Promise<KeyChange> {
  const key = await makeSigningKey(algorithm)
  return {
    keys: [...ring.keys, storeKey(key, { use, phase, now: ring.now }, parts)],
    event: event('key.created', { kid: key.kid, use, algorithm, phase }),
  }
}

/**
 * Whether a key is under another secret key than the one that writes. Only when every live node reads that one: till
 * then one of them could not start again (PROTOCOL 3.4).
 */
function needsSealing(
  { keys }: StoredRing,
  nodes: readonly NodeAnnouncement[],
  { secretKeys }: KeyChangeParts,
): boolean {
  const { fingerprint } = secretKeys.writing
  const allRead = nodes.length > 0 && nodes.every((node) => node.secretKeys.includes(fingerprint))
  return allRead && keys.some((key) => isSealed(key) && !key.sealed.startsWith(`s1.${fingerprint}.`))
}

/** Says in one event which keys went which step. */
function moveEvent(before: readonly StoredKey[], after: readonly StoredKey[]): NewEvent {
  const phases = new Map(before.map((key) => [key.kid, key]))
  const kept = new Set(after.map(({ kid }) => kid))
  const moved = after.filter((key) => phases.get(key.kid)?.phase !== key.phase)
  const published = after.filter((key) => phases.get(key.kid)?.publishedAt !== key.publishedAt)
  const steps: [string, readonly StoredKey[]][] = [
    ['published', published],
    ...(['active', 'retiring', 'gone'] as const).map((phase): [string, readonly StoredKey[]] => [
      phase,
      moved.filter((key) => key.phase === phase),
    ]),
    ['removed', before.filter(({ kid }) => !kept.has(kid))],
  ]
  const data = steps.filter(([, keys]) => keys.length > 0)
  return event(
    'key.changed',
    Object.fromEntries(data.map(([name, keys]) => [name, keys.map(({ kid }) => kid).join(' ')])),
  )
}

function event(name: NewEvent['name'], data: NewEvent['data']): NewEvent {
  return { name, origin: SYSTEM, data }
}
