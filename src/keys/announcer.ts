import type { Logger } from '../base/logger.ts'
import type { NodeAnnouncement, NodeVerbs } from '../store/nodes.ts'

/** Tells the other nodes every so often what this one reads and serves, and learns the same of them. */
export interface Announcer {
  /** Announces once, so that the first thing written is readable by every live node; then goes on. */
  start(): Promise<void>
  /** Announces at once: what this node says of itself has changed. Failures are logged, and made good by the next. */
  announceNow(): Promise<void>
  stop(): Promise<void>
}

export interface AnnouncerParts {
  readonly nodes: NodeVerbs
  /** What this node says of itself now. */
  readonly announcement: () => NodeAnnouncement
  /** Told of all live nodes, this one included, after every announcement, and whether it was a regular one. */
  readonly heard: (nodes: readonly NodeAnnouncement[], isRegular: boolean) => void
  readonly logger: Logger
  readonly everyMilliseconds?: number | undefined
}

/** A node counts as live for 30 seconds after it was heard. */
const EVERY_MILLISECONDS = 10_000

export function createAnnouncer(parts: AnnouncerParts): Announcer {
  const { everyMilliseconds = EVERY_MILLISECONDS, logger } = parts
  let timer: NodeJS.Timeout | undefined
  let running = false
  let announcing: Promise<void> = Promise.resolve()

  /** One after the other, for of two at once the older could be the one that stays. */
  const announce = (isRegular: boolean): Promise<void> => {
    const next = announcing.then(async () =>
      parts.heard(await parts.nodes.announce(parts.announcement()), isRegular),
    )
    announcing = next.catch(() => undefined)
    return next
  }
  const announceQuietly = async (isRegular: boolean): Promise<void> => {
    if (!running) return
    try {
      await announce(isRegular)
    } catch (error) {
      logger.warn({ err: error }, 'this node could not announce itself')
    }
  }
  const again = (): void => {
    timer = setTimeout(async () => {
      await announceQuietly(true)
      if (running) again()
    }, everyMilliseconds).unref()
  }
  return {
    async start() {
      await announce(false)
      if (running) return
      running = true
      again()
    },
    announceNow: () => announceQuietly(false),
    async stop() {
      if (!running) return
      running = false
      clearTimeout(timer)
      await announcing
      await parts.nodes.leave(parts.announcement().id).catch((error: unknown) => {
        logger.debug({ err: error }, 'this node could not say that it leaves')
      })
    },
  }
}
