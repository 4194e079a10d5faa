import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Refusal } from '../src/errors/refusal.ts'
import { type Auth, createAuth } from '../src/index.ts'
import type { GuardRequest } from '../src/model/guard-request.ts'
import { createRefusalLog } from '../src/telemetry/refusal-log.ts'

/**
 * What a refusal costs: the note that is taken of it, and what a flood of 5,000 a second does to checked requests of the
 * same process. Both kinds go through the gate of the adapters, without sockets: those cost the same either way.
 */
const NOTES = 200_000
const FLOOD_PER_SECOND = 5000
const SECONDS = 8
const ROUNDS = 3
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

const auth = createAuth({
  databaseUrl: 'sqlite::memory:',
  secretKey: randomBytes(32).toString('base64url'),
  issuer: 'http://127.0.0.1:8000',
  logLevel: 'silent',
  maxStalenessSeconds: 300,
}) as unknown as Auth
await auth.migrate()
await auth.ready()
const user = await auth.users.create({ email: 'a@example.test', password: randomBytes(12).toString('hex') })
const { access_token } = await auth.tokens.issue({ userId: user.id })

function requestWith(token: string): GuardRequest {
  const headers: Readonly<Record<string, string>> = {
    authorization: `Bearer ${token}`,
    'x-forwarded-for': '203.0.113.4',
    origin: 'https://app.example.test',
  }
  return {
    method: 'GET',
    target: '/orders?x=1',
    params: {},
    address: '127.0.0.1',
    header: (name) => headers[name],
  }
}
const good = requestWith(access_token)
const bad = requestWith(`${access_token.slice(0, -6)}AAAAAA`)

/** Microseconds a note, described ones and counted ones. */
function costOfNotes(described: boolean): number {
  let now = Date.now()
  const clock = { now: () => now, elapsed: () => now }
  const refusals = {
    write: async () => {},
    find: async () => undefined,
    list: async () => [],
    counts: async () => [],
  }
  const node = { node: 'n', startedAt: 0, config: 'c', key: 'k' }
  const refusal = new Refusal('SIG_WRONG_KEY', { details: { kid: 'k-1' } })
  const at = {
    reference: 'r',
    method: 'GET',
    path: '/orders',
    address: '203.0.113.4',
    status: 401,
    request: bad,
  }
  const logs = Array.from({ length: described ? NOTES / 40 : 1 }, () =>
    createRefusalLog({ refusals, node, clock, logger: SILENT }),
  )
  const count = described ? NOTES / 4 : NOTES
  // Processor time: what others do on the machine has no part in it.
  const since = process.cpuUsage()
  for (let index = 0; index < count; index++) logs[index % logs.length]?.note(refusal, at)
  now += 1
  const { user, system } = process.cpuUsage(since)
  return (user + system) / count
}

/** Sorted microseconds of checked requests, with that many refusals a second beside them. */
async function checkedBeside(refusalsPerSecond: number): Promise<number[]> {
  const times: number[] = []
  const end = performance.now() + SECONDS * 1000
  let refused = 0
  const since = performance.now()
  while (performance.now() < end) {
    const due = ((performance.now() - since) / 1000) * refusalsPerSecond
    for (; refused < due; refused++) await auth.gate.admit(bad, auth.signedIn)
    for (let index = 0; index < 20; index++) {
      const start = performance.now()
      await auth.gate.admit(good, auth.signedIn)
      times.push((performance.now() - start) * 1000)
    }
    await wait(1)
  }
  return times.sort((a, b) => a - b)
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor(sorted.length * share)] ?? Number.NaN
const shown = (value: number): string => value.toFixed(1)

await checkedBeside(FLOOD_PER_SECOND)
console.log(`Node ${process.versions.node}: microseconds\n`)
console.log('| | median | p99 |')
console.log('|---|---|---|')
const changes: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const quiet = await checkedBeside(0)
  const flood = await checkedBeside(FLOOD_PER_SECOND)
  for (const [name, times] of [
    ['checked, quiet', quiet],
    [`checked, ${FLOOD_PER_SECOND} refusals a second`, flood],
  ] as const) {
    console.log(`| ${name} | ${shown(quantile(times, 0.5))} | ${shown(quantile(times, 0.99))} |`)
  }
  changes.push(quantile(flood, 0.99) / quantile(quiet, 0.99) - 1)
}
console.log(
  `\np99 of checked requests changes by ${changes.map((change) => `${Math.round(change * 100)} %`).join(', ')} (bound: 20 %)`,
)
costOfNotes(true)
console.log(
  `a note: ${shown(costOfNotes(true))} µs described, ${shown(costOfNotes(false))} µs counted only (bound: 50 µs)`,
)
await auth.close()
