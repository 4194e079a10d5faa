import type { Clock } from '../base/clock.ts'
import { type Random, randomId } from '../base/random.ts'
import { backgroundTimer, type Schedule } from '../base/schedule.ts'
import type { HintVerbs } from '../store/hints.ts'
import { coalesce } from './hints.ts'

/** As much of an ioredis connection as is used here; Valkey's client is the same. */
export interface RedisConnection {
  publish(channel: string, message: string): Promise<unknown>
  subscribe(...channels: string[]): Promise<unknown>
  on(event: 'message', listener: (channel: string) => void): unknown
  on(event: 'ready' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  /** A connection of the same kind: one that subscribes can do nothing else. */
  duplicate(): RedisConnection
  disconnect(): void
}

export interface RedisHintsOptions {
  /** The connection for ordinary commands, the same each time; it stays open when the hints end. */
  readonly connect: () => Promise<RedisConnection>
  /** The same for all processes of one database, and for nobody else's. */
  readonly channel: string
  readonly clock: Clock
  readonly random: Random
  readonly schedule?: Schedule
}

const ECHO_INTERVAL_MILLISECONDS = 10_000
const ECHO_RETRY_MILLISECONDS = 1000

/**
 * Hints by Redis publish and subscribe. Messages have no content, so Redis may lose, repeat or invent them: that costs
 * a question to the database, or two seconds, and nothing else. Every ten seconds, and whenever the connection is made
 * again, a message to ourselves shows whether it works.
 */
export function redisHints(options: RedisHintsOptions): HintVerbs {
  const { connect, channel, clock, schedule = backgroundTimer } = options
  const ownChannel = `${channel}:echo:${randomId(options.random)}`
  const state = { working: false, echoed: false, publishing: false }

  const waiting = new Set<string>()
  /** One at a time: while Redis is away, the client would keep every command in memory for later. */
  const publish = (target: string): void => {
    waiting.add(target)
    if (state.publishing) return
    waiting.delete(target)
    state.publishing = true
    const done = (): void => {
      state.publishing = false
      const [next] = waiting
      if (next !== undefined) publish(next)
    }
    connect()
      .then((connection) => connection.publish(target, ''))
      .then(done, done)
  }
  const send = coalesce(() => publish(channel), clock, schedule)

  return {
    async subscribe(listener) {
      const subscriber = (await connect()).duplicate()
      let cancelEcho = (): void => undefined
      let ended = false
      const askForEcho = (): void => {
        cancelEcho()
        if (ended) return
        state.working = state.working && state.echoed
        state.echoed = false
        publish(ownChannel)
        cancelEcho = schedule(
          askForEcho,
          state.working ? ECHO_INTERVAL_MILLISECONDS : ECHO_RETRY_MILLISECONDS,
        )
      }
      const end = async (): Promise<void> => {
        ended = true
        cancelEcho()
        subscriber.disconnect()
        state.working = false
      }

      // Without a listener the client prints every failed attempt to connect; `close` tells us enough.
      subscriber.on('error', () => undefined)
      subscriber.on('close', () => {
        state.working = false
      })
      subscriber.on('message', (from) => {
        if (from !== ownChannel) return listener()
        state.echoed = true
        state.working = true
      })
      try {
        await subscriber.subscribe(channel, ownChannel)
      } catch (error) {
        await end()
        throw error
      }
      // What was published while we were away is lost: ask once for it.
      subscriber.on('ready', () => {
        listener()
        askForEcho()
      })
      askForEcho()
      return end
    },
    send,
    get working() {
      return state.working
    },
  }
}
