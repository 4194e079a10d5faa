import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { type Limit, summariseVerdicts, type Taken, verdictOf } from '../../model/rate.ts'
import type { Limiter } from './limiter.ts'
import { keyOf } from './memory.ts'

/**
 * The same decision as `judgeRate`, made where all nodes count together and by that server's clock. Answers with the
 * time and, for each limit, when its bucket will be empty again; these are kept only if no limit is reached.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local arrivals, reached = {}, false
for i, key in ipairs(KEYS) do
  local period = tonumber(ARGV[2 * i - 1])
  local arrival = tonumber(redis.call('GET', key) or '0')
  arrivals[i] = math.max(arrival, now) + period / tonumber(ARGV[2 * i])
  if arrivals[i] - period > now + 0.01 then reached = true end
end
local answer = { string.format('%.3f', now) }
for i, key in ipairs(KEYS) do
  if not reached then
    redis.call('SET', key, string.format('%.3f', arrivals[i]), 'PX', math.ceil(arrivals[i] - now))
  end
  answer[i + 1] = string.format('%.3f', arrivals[i])
end
return answer`

const GIVE_BACK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
for i, key in ipairs(KEYS) do
  local arrival = tonumber(redis.call('GET', key) or '0') - ARGV[2 * i - 1] / ARGV[2 * i]
  if arrival > now then
    redis.call('SET', key, string.format('%.3f', arrival), 'PX', math.ceil(arrival - now))
  else
    redis.call('DEL', key)
  end
end`

export interface RedisLimiterOptions {
  readonly connect: () => Promise<Pick<Redis, 'eval'>>
  /** Keeps the keys of this issuer apart from those of others, and in one slot of a cluster. */
  readonly prefix: string
  /** Counts while Redis does not answer: this node's share of each limit. */
  readonly meanwhile: Limiter
}

/** Counts in Redis or Valkey, together with all other nodes. */
export function redisLimiter({ connect, prefix, meanwhile }: RedisLimiterOptions): Limiter {
  const keysOf = (limits: readonly Limit[]) => limits.map((limit) => `{${prefix}}${digest(keyOf(limit))}`)
  const run = async (script: string, limits: readonly Limit[]): Promise<unknown> =>
    (await connect()).eval(
      script,
      limits.length,
      ...keysOf(limits),
      ...limits.flatMap(({ rate }) => [rate.periodMilliseconds, rate.count]),
    )

  return {
    async take(limits) {
      try {
        return read(await run(TAKE, limits), limits)
      } catch {
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
  }
}

/** Who tries what is nobody's business who can look into Redis. */
function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22)
}

/** Throws on an answer that is not one of the script: Redis may lie, and then this node counts by itself. */
function read(answer: unknown, limits: readonly Limit[]): Taken {
  const numbers = Array.isArray(answer) ? answer.map(Number) : []
  const [now = Number.NaN, ...arrivals] = numbers
  if (arrivals.length !== limits.length || !numbers.every(Number.isFinite))
    throw new TypeError('no answer of ours')
  const verdicts = limits.map(({ rate }, index) => verdictOf(arrivals[index] ?? 0, now, rate))
  return summariseVerdicts(limits, verdicts, now)
}
