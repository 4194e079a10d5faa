import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { guardedClock } from '../src/base/clock.ts'
import { systemRandom } from '../src/base/random.ts'
import { uuidFromBytes } from '../src/base/uuid.ts'
import type { AccessClaims } from '../src/model/access-token.ts'
import { createRevocationFeed } from '../src/revocation/feed.ts'
import { createRevocationState } from '../src/revocation/state.ts'
import type { PulledRevocation } from '../src/store/revocations.ts'

/**
 * Memory and speed of the revocations in memory: how many bytes an entry takes, how long a question takes, and that
 * questions do not allocate. `node bench/revocation.ts [entries]`, in a process of its own: it measures its memory.
 */
export interface RevocationFigures {
  readonly entries: number
  readonly tableMegabytes: number
  readonly bytesAnEntry: number
  /** By which the whole process grew. */
  readonly processMegabytes: number
  readonly insertNanoseconds: number
  /** A look-up of one reference, there and not there. */
  readonly hitNanoseconds: number
  readonly missNanoseconds: number
  /** The whole question of a checked request: token, session, user, client, key, store, life, freshness. */
  readonly tokenNanoseconds: number
  readonly bytesAllocatedAToken: number
  readonly longestSweepMilliseconds: number
}

const ENTRY_LIFE_MILLISECONDS = 1_000_000
const SAMPLE = 2000
const ROUNDS = 200

export async function measureRevocations(entries: number): Promise<RevocationFigures> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const clock = guardedClock()
  const state = createRevocationState({ clock, random: systemRandom, mostEntries: entries })
  // As texts they would weigh more than the table: what is looked up later is kept, the rest is made and forgotten.
  const known = Array.from({ length: SAMPLE }, () => randomUUID())
  const unknown = Array.from({ length: SAMPLE }, () => randomUUID())
  const bytes = new Uint8Array(16)

  // The heap of a process grows once by what makes the entries, whatever becomes of them.
  for (let at = 0; at < 100_000; at += 1000) for (const _ of sliceFrom(at, 1000, known, bytes));
  collect()
  const residentBefore = process.memoryUsage().rss
  const insertStarted = performance.now()
  for (let at = 0; at < entries; at += 1000) {
    state.add(sliceFrom(at, Math.min(1000, entries - at), known, bytes), 1_780_000_000_000)
  }
  const insertNanoseconds = ((performance.now() - insertStarted) / entries) * 1e6
  collect()
  const processMegabytes = (process.memoryUsage().rss - residentBefore) / 1e6
  if (state.size !== entries) throw new Error(`${state.size} entries instead of ${entries}`)

  const feed = createRevocationFeed({
    revocations: {
      pull: async () => ({
        entries: [],
        complete: true,
        cursor: '1',
        identity: 'bench',
        storeEpoch: 1,
        ringVersion: 1,
        coveredLifeSeconds: 900,
      }),
    },
    state,
    clock,
    maxStalenessMilliseconds: 3_600_000,
  })
  await feed.pullNow()
  const tokens = unknown.map((id, index) => ({
    claims: claimsWith(id, unknown[(index + 1) % SAMPLE] ?? id, unknown[(index + 2) % SAMPLE] ?? id),
    counters: { user: 1, client: 1, store: 1 },
  }))
  const refusesToken = (token: (typeof tokens)[number]): boolean => feed.refuses(token, 'kid-1') !== undefined

  const hitNanoseconds = fastest(known, (id) => state.isEnded('session', id), Math.min(SAMPLE, entries))
  const missNanoseconds = fastest(unknown, (id) => state.isEnded('session', id), 0)
  const tokenNanoseconds = fastest(tokens, refusesToken, 0)
  collect()
  const heapBefore = process.memoryUsage().heapUsed
  for (let count = 0; count < 100; count++) for (const token of tokens) refusesToken(token)
  const bytesAllocatedAToken = Math.max(0, process.memoryUsage().heapUsed - heapBefore) / (100 * SAMPLE)

  let longestSweepMilliseconds = 0
  for (let count = 0; count < 128; count++) {
    const started = performance.now()
    state.sweep()
    longestSweepMilliseconds = Math.max(longestSweepMilliseconds, performance.now() - started)
  }
  return {
    entries,
    tableMegabytes: state.bytes / 1e6,
    bytesAnEntry: state.bytes / entries,
    processMegabytes,
    insertNanoseconds,
    hitNanoseconds,
    missNanoseconds,
    tokenNanoseconds,
    bytesAllocatedAToken,
    longestSweepMilliseconds,
  }
}

/** The first entries name what is looked up; of the others every tenth is a token and every tenth a user. */
function* sliceFrom(
  start: number,
  count: number,
  known: readonly string[],
  bytes: Uint8Array,
): Generator<PulledRevocation> {
  for (let index = start; index < start + count; index++) {
    const sought = known[index]
    const kind = sought !== undefined || index % 10 > 1 ? 'session' : index % 10 === 0 ? 'token' : 'user'
    yield {
      kind,
      ref: sought ?? randomUuid(bytes),
      least: kind === 'user' ? index : undefined,
      remainingMilliseconds: ENTRY_LIFE_MILLISECONDS,
    }
  }
}

/** `randomUUID` keeps a store of its own, which would be in the figures. */
function randomUuid(bytes: Uint8Array): string {
  for (let index = 0; index < 16; index++) bytes[index] = Math.random() * 256
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  return uuidFromBytes(bytes)
}

/** Nanoseconds of one question, in the fastest of many rounds: others work on the same machine. */
function fastest<Subject>(
  subjects: readonly Subject[],
  ask: (subject: Subject) => boolean,
  expected: number,
): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    let yes = 0
    const started = performance.now()
    for (const subject of subjects) if (ask(subject)) yes++
    best = Math.min(best, ((performance.now() - started) / subjects.length) * 1e6)
    if (yes !== expected) throw new Error(`${yes} yeses instead of ${expected}`)
  }
  return best
}

function claimsWith(jti: string, sid: string, sub: string): AccessClaims {
  const iss = 'https://issuer.example'
  return { iss, aud: 'https://api.example', sub, client_id: 'first-party', iat: 1000, exp: 1900, jti, sid }
}

/** In a process of its own, as a line of a table for each figure. */
export async function report(entries = 1_000_000): Promise<object> {
  console.log(
    `Node ${process.versions.node}, ${entries.toLocaleString('en')} live entries\n\n| | |\n|---|---|`,
  )
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, String(entries)])
  console.log(stdout.trim())
  return {}
}

if (import.meta.main) {
  const figures = await measureRevocations(Number(process.argv[2] ?? 1_000_000))
  for (const [name, value] of Object.entries(figures)) {
    const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    process.stdout.write(`| ${words} | ${Number(value.toFixed(2))} |\n`)
  }
}
