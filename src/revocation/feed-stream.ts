import { MINUTE_MILLISECONDS } from '../base/duration.ts'
import { backgroundTimer, type Schedule } from '../base/schedule.ts'
import type { RevocationFeed } from './feed.ts'

export interface FeedStreamsOptions {
  /** Tells when there is something new. */
  readonly feed: Pick<RevocationFeed, 'onNews'>
  readonly schedule?: Schedule
}

export interface FeedStreams {
  /** A stream of events (text/event-stream), or undefined if there are as many as may be. A signal ends it. */
  open(signal?: AbortSignal): ReadableStream<Uint8Array> | undefined
  /** Ends all. */
  close(): void
}

const MOST_STREAMS = 1000
/** Then the verifier comes again and proves itself anew. */
const LIFE_MILLISECONDS = 5 * MINUTE_MILLISECONDS
/** Proxies cut connections on which nothing is said. */
const HEARTBEAT_MILLISECONDS = 15_000

const HINT = new TextEncoder().encode('event: hint\ndata:\n\n')
const HEARTBEAT = new TextEncoder().encode(':\n\n')

/**
 * Hints to verifiers that there is something to ask about. They carry nothing and prove nothing (PROTOCOL 2.2): a proxy
 * may hold them back, so nobody is fresher for having heard one.
 */
export function createFeedStreams({ feed, schedule = backgroundTimer }: FeedStreamsOptions): FeedStreams {
  const endings = new Set<() => void>()

  return {
    open(signal) {
      if (endings.size >= MOST_STREAMS || signal?.aborted === true) return undefined
      let end = (): void => undefined
      return new ReadableStream<Uint8Array>({
        start(controller) {
          // A reader that does not read gets no more hints: one that it has not read yet says as much.
          const say = (text: Uint8Array): void => {
            if ((controller.desiredSize ?? 0) > 0) controller.enqueue(text)
          }
          let cancelBeat = (): void => undefined
          const beat = (): void => {
            say(HEARTBEAT)
            cancelBeat = schedule(beat, HEARTBEAT_MILLISECONDS)
          }
          const forget = feed.onNews(() => say(HINT))
          const cancelLife = schedule(() => close(), LIFE_MILLISECONDS)
          end = () => {
            endings.delete(close)
            cancelBeat()
            cancelLife()
            forget()
            signal?.removeEventListener('abort', close)
          }
          const close = (): void => {
            end()
            controller.close()
          }
          endings.add(close)
          signal?.addEventListener('abort', close, { once: true })
          beat()
        },
        cancel: () => end(),
      })
    },
    close() {
      for (const close of [...endings]) close()
    },
  }
}
