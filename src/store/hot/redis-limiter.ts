import { hash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Clock } from '../../base/clock.ts'
import { type Limit, summariseVerdicts, type Taken, verdictOf } from '../../model/rate.ts'
import { createBreaker } from './breaker.ts'
import type { Limiter } from './limiter.ts'

/**
 * The same decision as `judgeRate`, made where all nodes count together and by that server's clock, in microseconds.
 * Answers, for each limit, in how long its bucket will be empty again; this is kept only if no limit is reached. One
 * limit is answered by one number, which costs less than a list of one. A bucket is never fuller than full: what says so is
 * of before the server's clock was set back, or not ours.
 */
const TAKE = scriptOf(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local arrivals, reached = {}, false
for i = 1, #KEYS do
  local period = ARGV[2 * i - 1] * 1000
  local arrival = tonumber(redis.call('GET', KEYS[i])) or 0
  if arrival < now then arrival = now end
  if arrival > now + period + 10 then
    arrival = now + period
    redis.call('PSETEX', KEYS[i], math.ceil(period / 1000), arrival)
  end
  arrival = arrival + period / ARGV[2 * i]
  if arrival - period > now + 10 then reached = true end
  arrivals[i] = arrival
end
for i = 1, #KEYS do
  local wait = arrivals[i] - now
  if not reached then redis.call('PSETEX', KEYS[i], math.ceil(wait / 1000), arrivals[i]) end
  if #KEYS == 1 then return wait end
  arrivals[i] = wait
end
return arrivals`)

const GIVE_BACK = scriptOf(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i = 1, #KEYS do
  local arrival = (tonumber(redis.call('GET', KEYS[i])) or 0) - ARGV[2 * i - 1] * 1000 / ARGV[2 * i]
  if arrival > now then
    redis.call('PSETEX', KEYS[i], math.ceil((arrival - now) / 1000), arrival)
  else
    redis.call('DEL', KEYS[i])
  end
end`)

interface Script {
  readonly text: string
  /** By which Redis knows a script that it has seen. */
  readonly digest: string
}

function scriptOf(text: string): Script {
  return { text, digest: hash('sha1', text) }
}

export interface RedisLimiterOptions {
  readonly connect: () => Promise<
    Pick<Redis, 'eval' | 'evalsha' | 'ping'> & { readonly status?: Redis['status'] }
  >
  /** Keeps the keys of this issuer apart from those of others, and in one slot of a cluster. */
  readonly prefix: string
  /** Counts while Redis does not answer: this node's share of each limit. */
  readonly meanwhile: Limiter
  readonly clock: Pick<Clock, 'elapsed'>
  /** Told when Redis begins to answer too late, and when it is in time again. */
  readonly late?: ((isLate: boolean) => void) | undefined
  /** Told why Redis answers that it does not count, once a minute while it does so. */
  readonly refused?: ((reason: string) => void) | undefined
  /** Of a request with Redis. */
  readonly patienceMilliseconds?: number | undefined
}

const TELL_EVERY_MILLISECONDS = 60_000

const AWAY: ReadonlySet<Redis['status']> = new Set(['close', 'reconnecting', 'end'])

/** Counts in Redis or Valkey, together with all other nodes. One that is late keeps requests waiting once, and not each. */
export function redisLimiter(options: RedisLimiterOptions): Limiter {
  const { connect, prefix, meanwhile, clock, late, refused, patienceMilliseconds } = options
  let isApart = false
  let tellFrom = 0
  const breaker = createBreaker({
    clock,
    changed: late,
    probe: async () => (await connect()).ping(),
    ...(patienceMilliseconds !== undefined && { patienceMilliseconds }),
  })
  const keysOf = (limits: readonly Limit[]) => limits.map((limit) => `{${prefix}}${digestOf(keyOf(limit))}`)
  const run = async ({ text, digest }: Script, limits: readonly Limit[]): Promise<unknown> => {
    const redis = await connect()
    // It would wait for the next attempt to connect, seconds later, and every request with it.
    if (AWAY.has(redis.status ?? 'ready')) throw new Error('Redis is away')
    const args = [...keysOf(limits), ...limits.flatMap(({ rate }) => [rate.periodMilliseconds, rate.count])]
    return breaker.ask(() =>
      redis.evalsha(digest, limits.length, ...args).catch((error: unknown) => {
        // A Redis that was started anew has not seen it.
        if (!String(error).includes('NOSCRIPT')) throw error
        return redis.eval(text, limits.length, ...args)
      }),
    )
  }

  /** A connection that is lost or late has its own lines in the log. */
  const tell = (error: unknown): void => {
    if (!(error instanceof Error) || error.name !== 'ReplyError' || clock.elapsed() < tellFrom) return
    tellFrom = clock.elapsed() + TELL_EVERY_MILLISECONDS
    refused?.(error.message)
  }

  return {
    async take(limits) {
      try {
        const taken = read(await run(TAKE, limits), limits)
        isApart = false
        return taken
      } catch (error) {
        isApart = true
        tell(error)
        return meanwhile.take(limits)
      }
    },
    async giveBack(limits) {
      try {
        await run(GIVE_BACK, limits)
      } catch {
        await meanwhile.giveBack(limits)
      }
    },
    get isApart() {
      return isApart
    },
  }
}

/** Who tries what is nobody's business who can look into Redis. */
function digestOf(key: string): string {
  return hash('sha256', key, 'base64url').slice(0, 22)
}

/** Throws on an answer that is not one of the script: Redis may lie, and then this node counts by itself. */
function read(answer: unknown, limits: readonly Limit[]): Taken {
  const waits: readonly unknown[] = limits.length === 1 ? [answer] : Array.isArray(answer) ? answer : []
  if (waits.length !== limits.length || !waits.every(Number.isFinite))
    throw new TypeError('no answer of ours')
  const verdicts = limits.map(({ rate }, index) => verdictOf(Number(waits[index]) / 1000, 0, rate))
  return summariseVerdicts(limits, verdicts, 0)
}

/** Names and subjects are ours and canonical; a line break stands in neither. */
function keyOf({ name, subject }: Limit): string {
  return `${name}\n${subject}`
}
