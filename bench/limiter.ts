import { setImmediate as turn } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import type { Limit } from '../src/model/rate.ts'
import { startRedis } from '../test/servers/redis.ts'
import { takeTurns } from './rounds.ts'

/**
 * The limiter beside rate-limiter-flexible, which counts in fixed windows: tries of 10,000 subjects in turn, and of one
 * alone; in memory, and in one Redis with 200 tries under way. The bytes of a million limited subjects.
 */
const dist = async <Module>(path: string): Promise<Module> =>
  (await import(new URL(`../dist/${path}.js`, import.meta.url).href)) as Module
const { memoryLimiter } = await dist<typeof import('../src/store/hot/memory.ts')>('store/hot/memory')
const { redisLimiter } =
  await dist<typeof import('../src/store/hot/redis-limiter.ts')>('store/hot/redis-limiter')
const { systemRandom } = await dist<typeof import('../src/base/random.ts')>('base/random')

const clock = { elapsed: () => performance.now() }
/** The time of an answer is what is measured. */
const PATIENT = { patienceMilliseconds: 60_000 }
const COUNT = 1_000_000
const SECONDS = 3600
const UNDER_WAY = 200
const subjects = Array.from({ length: 10_000 }, (_, index) => `198.51.${index >> 8}.${index & 255}`)
const kinds = { 'of 10,000': (index: number) => index % subjects.length, 'of one': () => 0 }

console.log(`Node ${process.versions.node}; best times of slices, in turn\n`)
console.log('| | store | Countersign, µs a try | rate-limiter-flexible | ours takes | goal |')
console.log('|---|---|---|---|---|---|')
for (const [kind, pick] of Object.entries(kinds)) await inMemory(kind, pick)
const server = await startRedis()
const [ours, theirs] = [new Redis(server.url), new Redis(server.url)]
try {
  for (const [kind, pick] of Object.entries(kinds)) await inRedis(kind, pick)
} finally {
  ours.disconnect()
  theirs.disconnect()
  await server.stop()
}
console.log(`\nA million limited subjects: ${(millionBytes() / 2 ** 20).toFixed(0)} MB (goal: at most 100).`)

function limitOf(index: number): Limit[] {
  const rate = { count: COUNT, periodMilliseconds: SECONDS * 1000 }
  return [{ name: 'bench', subject: subjects[index] ?? '', rate }]
}

async function inMemory(kind: string, pick: (index: number) => number): Promise<void> {
  const limiter = memoryLimiter({ clock, random: systemRandom })
  const peer = new RateLimiterMemory({ keyPrefix: 'bench', points: COUNT, duration: SECONDS })
  const figures = await takeTurns(
    {
      ours(from, to) {
        for (let index = from; index < to; index += 1) limiter.take(limitOf(pick(index)))
      },
      // Its answer is a promise, which whoever asks has to wait for.
      async peer(from, to) {
        for (let index = from; index < to; index += 1) await peer.consume(subjects[pick(index)] ?? '')
      },
    },
    { count: 100_000, rounds: 8, slice: 1000 },
  )
  row(kind, 'memory', figures)
}

async function inRedis(kind: string, pick: (index: number) => number): Promise<void> {
  const meanwhile = {
    take: () => Promise.reject(new Error('Redis was not asked')),
    giveBack: () => undefined,
    isApart: false,
  }
  const limiter = redisLimiter({ connect: async () => ours, prefix: 'bench', meanwhile, clock, ...PATIENT })
  const peer = new RateLimiterRedis({
    storeClient: theirs,
    keyPrefix: 'bench',
    points: COUNT,
    duration: SECONDS,
  })
  const atOnce = async (from: number, to: number, take: (index: number) => unknown): Promise<void> => {
    await Promise.all(Array.from({ length: to - from }, (_, index) => take(pick(from + index))))
    await turn()
  }
  const figures = await takeTurns(
    {
      ours: (from, to) => atOnce(from, to, (index) => limiter.take(limitOf(index))),
      peer: (from, to) => atOnce(from, to, (index) => peer.consume(subjects[index] ?? '')),
    },
    { count: 20_000, rounds: 6, slice: UNDER_WAY },
  )
  row(kind, 'Redis', figures)
}

function row(
  kind: string,
  store: string,
  { ours, peer }: { readonly ours: number; readonly peer: number },
): void {
  const cells = [
    kind,
    store,
    ours.toFixed(2),
    peer.toFixed(2),
    `${(ours / peer).toFixed(2)} ×`,
    'at most 1 ×',
  ]
  console.log(`| ${cells.join(' | ')} |`)
}

function millionBytes(): number {
  const limiter = memoryLimiter({ clock, random: systemRandom })
  const rate = { count: 1, periodMilliseconds: SECONDS * 1000 }
  for (let index = 0; index < 1_000_000; index += 1) {
    limiter.take([{ name: 'bench', subject: `2001:db8:${index >> 16}:${index & 0xffff}::/64`, rate }])
  }
  return limiter.bytes
}
