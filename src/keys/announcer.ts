import type { Logger } from '../base/logger.ts'
import type { NodeAnnouncement, NodeVerbs } from '../store/store.ts'
import type { SecretKeys } from './secret-keys.ts'

/** Tells the other nodes every so often what this one reads, and learns the same of them. */
export interface Announcer {
  /** Announces once, so that the first thing written is readable by every live node; then goes on. */
  start(): Promise<void>
  stop(): Promise<void>
}

export interface AnnouncerParts {
  readonly nodes: NodeVerbs
  readonly nodeId: string
  readonly secretKeys: SecretKeys
  readonly ringVersion: () => number
  readonly accessLifeSeconds: number
  readonly logger: Logger
  /** Told of all live nodes, this one included, at each announcement. */
  readonly onNodes?: (nodes: readonly NodeAnnouncement[]) => void
}

/** A node counts as live for 30 seconds after it was heard. */
const EVERY_MILLISECONDS = 10_000

export function createAnnouncer(parts: AnnouncerParts): Announcer {
  let timer: NodeJS.Timeout | undefined

  const announce = async (): Promise<void> => {
    const { secretKeys, ringVersion, accessLifeSeconds, nodeId: id } = parts
    const node = { id, secretKeys: secretKeys.fingerprints, ringVersion: ringVersion(), accessLifeSeconds }
    const nodes = await parts.nodes.announce(node)
    secretKeys.noteReaders(nodes)
    parts.onNodes?.(nodes)
  }
  const again = (): void => {
    timer = setTimeout(async () => {
      try {
        await announce()
      } catch (error) {
        parts.logger.warn({ err: error }, 'this node could not announce itself')
      }
      if (timer !== undefined) again()
    }, EVERY_MILLISECONDS).unref()
  }
  return {
    async start() {
      await announce()
      again()
    },
    async stop() {
      if (timer === undefined) return
      clearTimeout(timer)
      timer = undefined
      await parts.nodes.leave(parts.nodeId).catch((error: unknown) => {
        parts.logger.debug({ err: error }, 'this node could not say that it leaves')
      })
    },
  }
}
