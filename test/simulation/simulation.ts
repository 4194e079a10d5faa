import { setImmediate as breathe } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Random, randomId } from '../../src/base/random.ts'
import { seededRandom } from '../store/seeded.ts'
import { createDelays, type Noted } from './delays.ts'
import { createNode } from './node.ts'
import { createRevocationLog } from './revocation-log.ts'
import { createVerifier, type SimulatedVerifier, type Way } from './verifier.ts'
import { createVirtualTime, type VirtualTime } from './virtual-time.ts'
import { createWire } from './wire.ts'

/** What is simulated. */
export interface Scene {
  readonly verifiers: number
  readonly nodes: number
  readonly way: Way
  /** Measured, after a start that is not. */
  readonly seconds: number
  readonly revocationsASecond: number
  /** Entries that are there at the start, as after a while of such revocations. */
  readonly liveEntries: number
  /** The share of questions whose answer never comes. */
  readonly lostShare: number
  /** One node stands still from a third of the time to two thirds. */
  readonly nodeFails: boolean
  readonly seed: number
}

/** What came of it. Milliseconds of simulated time, bytes of this process and of the simulated network. */
export interface Outcome extends Scene {
  readonly revocations: number
  /** From the commit to the memory of a verifier, of each revocation at each verifier. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly most: number }
  /** Arrivals that were still missing when it was over: five seconds after the last revocation. */
  readonly missing: number
  /** A token that was taken although its session had ended longer ago than the bound. Never. */
  readonly violations: number
  /** The share of looks, one a second at each verifier, that found its knowledge too old, so that it answers 503. */
  readonly staleShare: number
  /** Of the heap, for each verifier: its feed and its table of entries, with its part of what the nodes and time hold. */
  readonly bytesAVerifier: number
  /** Of that table, for each entry in it. */
  readonly bytesAnEntry: number
  readonly bytesUpASecond: number
  readonly bytesDownASecond: number
  /** Of all verifiers at all nodes. */
  readonly questionsASecond: number
  /** To the database, by all nodes. */
  readonly databaseQuestionsASecond: number
  /** Of real time. */
  readonly tookSeconds: number
}

export const BOUND_MILLISECONDS = 5000
const START_MILLISECONDS = 5000
const ENTRY_LIFE_MILLISECONDS = 1_000_000
/** An answered question of the feed costs a node about this much of its one thread (`npm run bench -- costs`). */
const NODE_MILLISECONDS = 0.15
const DATABASE_MILLISECONDS = 1
const NOTICE_MILLISECONDS = 2
const OTHER_TRANSACTIONS_A_SECOND = 1000

/**
 * Thousands of services that only verify, beside a few nodes of the issuer. Feed, answers, streams and tables are the code
 * that is shipped; database, network and time are simulated, so a run with the same seed takes the same course.
 */
export async function simulate(scene: Scene): Promise<Outcome> {
  const began = performance.now()
  const random = seededRandom(scene.seed)
  const bytes = seededBytes(scene.seed + 1)
  const time = createVirtualTime()
  const log = createRevocationLog({
    time,
    entryLifeMilliseconds: ENTRY_LIFE_MILLISECONDS,
    answerMilliseconds: DATABASE_MILLISECONDS,
    noticeMilliseconds: NOTICE_MILLISECONDS,
    transactionsASecond: OTHER_TRANSACTIONS_A_SECOND,
  })
  for (let number = 0; number < scene.liveEntries; number += 1) log.write(randomId(bytes))
  const nodes = Array.from({ length: scene.nodes }, () =>
    createNode({ time, log, random: bytes, answerMilliseconds: NODE_MILLISECONDS }),
  )
  for (const node of nodes) void node.feed.start()
  await time.runUntil(100)
  const wire = createWire({ time, nodes, random, lostShare: scene.lostShare })

  // Chance seldom gives twice as many as are expected, and ten more.
  const mostRevocations = 2 * Math.ceil(scene.revocationsASecond * scene.seconds) + 10
  const heapBefore = await heapAfterCollection()
  const delays = createDelays(scene.verifiers, mostRevocations)
  const verifiers: SimulatedVerifier[] = []
  for (let number = 0; number < scene.verifiers; number += 1) {
    const learned = (ref: string): void => delays.arrive(ref, number, time.now())
    const verifier = createVerifier({
      time,
      connection: wire.connect(),
      way: scene.way,
      random: bytes,
      learned,
    })
    verifiers.push(verifier)
    time.schedule(() => void startUntilIn(verifier, time), random() * 2000)
  }
  await time.runUntil(START_MILLISECONDS)
  const before = { ...wire.traffic, database: log.questions, at: time.now() }

  const end = START_MILLISECONDS + scene.seconds * 1000
  const revoke = (): void => {
    const ref = randomId(bytes)
    delays.commit(ref, time.now())
    log.write(ref)
    const node = nodes.filter(({ isUp }) => isUp)[Math.floor(random() * nodes.length)] ?? nodes[0]
    void node?.feed.changed()
    planNext()
  }
  const planNext = (): void => {
    const wait = (-Math.log(1 - random()) * 1000) / scene.revocationsASecond
    // The last have time to arrive.
    if (time.now() + wait < end - BOUND_MILLISECONDS) time.schedule(revoke, wait)
  }
  planNext()
  const [failing] = nodes
  if (scene.nodeFails && failing !== undefined) {
    time.schedule(() => (failing.isUp = false), (scene.seconds * 1000) / 3)
    time.schedule(() => (failing.isUp = true), (scene.seconds * 2000) / 3)
  }

  const looks = { all: 0, stale: 0, violations: 0 }
  while (time.now() < end) {
    await time.runUntil(Math.min(end, time.now() + 1000))
    look(verifiers, delays.noted, time.now(), looks)
  }
  const seconds = (time.now() - before.at) / 1000
  const aSecond = (after: number, count: number): number => (after - count) / seconds
  const heap = (await heapAfterCollection()) - heapBefore - delays.bytes
  const [one] = verifiers
  const outcome = {
    ...scene,
    revocations: delays.noted.length,
    delay: { p50: delays.at(0.5), p99: delays.at(0.99), most: delays.at(1) },
    missing: delays.missing,
    violations: looks.violations,
    staleShare: looks.stale / looks.all,
    bytesAVerifier: heap / scene.verifiers,
    bytesAnEntry: one === undefined ? 0 : one.state.bytes / Math.max(1, one.state.size),
    bytesUpASecond: aSecond(wire.traffic.bytesUp, before.bytesUp),
    bytesDownASecond: aSecond(wire.traffic.bytesDown, before.bytesDown),
    questionsASecond: aSecond(wire.traffic.questions, before.questions),
    databaseQuestionsASecond: aSecond(log.questions, before.database),
    tookSeconds: (performance.now() - began) / 1000,
  }
  await Promise.all([...verifiers, ...nodes].map(({ feed }) => feed.stop()))
  return outcome
}

/** As whoever runs a verifier does: again, until the issuer has answered once. */
async function startUntilIn({ feed }: SimulatedVerifier, time: VirtualTime): Promise<void> {
  for (;;) {
    try {
      return await feed.start()
    } catch {
      await time.wait(1000)
    }
  }
}

/** Each verifier is asked about a token of each session that ended of late, and about a good one. */
function look(
  verifiers: readonly SimulatedVerifier[],
  noted: readonly Noted[],
  now: number,
  looks: { all: number; stale: number; violations: number },
): void {
  const old = noted.findLast(({ at }) => now - at > BOUND_MILLISECONDS)
  for (const { feed } of verifiers) {
    looks.all += 1
    if (feed.refuses(tokenOf(GOOD)) === 'REVOCATION_STALE') looks.stale += 1
    if (old !== undefined && feed.refuses(tokenOf(old.ref)) === undefined) looks.violations += 1
  }
}

const GOOD = '00000000-0000-4000-8000-000000000000'

function tokenOf(sid: string) {
  const iss = 'https://auth.example.com'
  const claims = { iss, aud: iss, sub: GOOD, client_id: 'first-party', iat: 1000, exp: 1900, jti: GOOD, sid }
  return { claims, counters: { user: 1, client: 1, store: 1 } }
}

function seededBytes(seed: number): Random {
  const random = seededRandom(seed)
  return (count) => Uint8Array.from({ length: count }, () => 256 * random())
}

let collect: (() => void) | undefined

/** What was freed is given back behind our back, so the second collection finds what the first has left. */
async function heapAfterCollection(): Promise<number> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  for (let times = 0; times < 3; times += 1) {
    collect()
    await breathe()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
