import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { lookInto } from './nodes/holdings.ts'
import { type NodeServer, startNodeServer } from './nodes/node-server.ts'
import { CLUSTER_SECRET, type SessionToken, signInMany } from './nodes/sessions.ts'
import { slopeOf } from './slope.ts'
import type { Attempt, Torture } from './torture.ts'

const PROBE = fileURLToPath(new URL('./nodes/memory-probe.mjs', import.meta.url))
const CLIENTS = 8
const SAMPLES = 24
/** The first part fills what is bounded, and compiles. */
const WARM_UP_SHARE = 1 / 3
const BYTES_AN_HOUR = 2 ** 20
/** What two looks at the same memory differ by: less than this is not seen. */
const NOISE_BYTES = 2 ** 20
/** What the issuer writes of its own life; a row for every thousandth request would be more. */
const UPKEEP_ROWS = 10
interface Sample {
  readonly seconds: number
  readonly heapBytes: number
  /** In all tables but that of the refusals, which keeps the newest of them up to a bound of its own. */
  readonly rows: number
}

/**
 * Everything at once for a long time, in the proportions of an attack: refreshes, checks, tokens that are noise, names
 * nobody has, routes that are not there. What is remembered of all that is bounded, so memory and tables stay as they are.
 */
export const soak: Torture = {
  name: 'soak',
  title: 'neither memory nor tables grow under work and noise, for',
  unit: 'seconds',
  counts: { quick: 10, full: 600, long: 12 * 3600 },
  async run(attempt) {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-soak-'))
    const database = join(folder, 'auth.db')
    try {
      const tokens = await signInMany(CLIENTS, `sqlite:${database}`)
      const node = await startNodeServer({ SECRET_KEY: CLUSTER_SECRET, DATABASE_URL: `sqlite:${database}` }, [
        '--expose-gc',
        '--import',
        PROBE,
      ])
      try {
        await work(attempt, node, tokens, async () => {
          const { heapBytes } = await lookInto(node)
          return { heapBytes, rows: rowsOf(database) }
        })
      } finally {
        await node.stop()
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

async function work(
  attempt: Attempt,
  node: NodeServer,
  tokens: readonly SessionToken[],
  lookNow: () => Promise<Omit<Sample, 'seconds'>>,
): Promise<void> {
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  let stopped = false
  const visitors = tokens.map(async ({ text }) => {
    let refreshToken = text
    while (!stopped) refreshToken = await visit(attempt, node, refreshToken)
  })
  const samples: Sample[] = []
  for (let index = 0; index <= SAMPLES; index += 1) {
    const share = WARM_UP_SHARE + (1 - WARM_UP_SHARE) * (index / SAMPLES)
    const due = share * attempt.count - seconds()
    await Promise.race([pause(Math.max(0, due) * 1000), Promise.all(visitors)])
    samples.push({ seconds: seconds(), ...(await lookNow()) })
    attempt.progress(Math.min(attempt.count, Math.round(seconds())))
  }
  stopped = true
  await Promise.all(visitors)
  judge(attempt, samples)
}

/** One turn of one client, and the noise that comes with it. Resolves to the next refresh token. */
async function visit(attempt: Attempt, { url }: NodeServer, refreshToken: string): Promise<string> {
  const answer = await post(`${url}/refresh`, { refresh_token: refreshToken })
  if (answer.status !== 200) throw new Error(`a refresh was answered ${answer.status} ${await answer.text()}`)
  const tokens = (await answer.json()) as { access_token: string; refresh_token: string }
  attempt.note('refreshes')
  const noise = Math.floor(attempt.random() * 2 ** 32).toString(36)
  const asked: readonly [name: string, expected: readonly number[], Promise<Response>][] = [
    ['checks', [200], get(`${url}/users/me`, tokens.access_token)],
    ['hostile tokens', [401], get(`${url}/users/me`, `${tokens.access_token.slice(0, -9)}${noise}`)],
    ['unknown keys', [401], get(`${url}/users/me`, `cs_key_${noise}`)],
    ['unknown paths', [404], get(`${url}/${noise}`)],
    ['foreign refresh tokens', [400], post(`${url}/refresh`, { refresh_token: `cs_rt_${noise}` })],
  ]
  for (const [name, expected, sent] of asked) {
    const { status, body } = await sent
    await body?.cancel()
    if (!expected.includes(status)) attempt.violation(`${name}: answered ${status}`)
    attempt.note(name)
  }
  return tokens.refresh_token
}

function get(url: string, token?: string): Promise<Response> {
  return fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
}

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

function rowsOf(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const tables = database
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'cs\\_%' ESCAPE '\\'`)
      .all()
      .map(({ name }) => String(name))
      .filter((name) => !name.startsWith('cs_refusal'))
    return tables.reduce(
      (sum, name) => sum + Number(database.prepare(`SELECT count(*) AS rows FROM ${name}`).get()?.rows),
      0,
    )
  } finally {
    database.close()
  }
}

function judge(attempt: Attempt, samples: readonly Sample[]): void {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined) throw new Error('nothing was seen')
  const hours = (last.seconds - first.seconds) / 3600
  const grown = slopeOf(samples.map(({ seconds, heapBytes }) => [seconds, heapBytes])) * 3600 * hours
  attempt.noteLargest('KiB grown', Math.round(grown / 1024))
  attempt.noteLargest('MiB held', Math.round(last.heapBytes / 2 ** 20))
  attempt.noteLargest('rows', last.rows)
  if (grown > Math.max(NOISE_BYTES, BYTES_AN_HOUR * hours)) {
    attempt.violation(
      `memory grew by ${Math.round(grown / 1024)} KiB in ${Math.round(hours * 3600)} s: ${samples
        .map(({ heapBytes }) => Math.round(heapBytes / 1024))
        .join(' ')}`,
    )
  }
  if (last.rows > first.rows + UPKEEP_ROWS) attempt.violation(`${first.rows} rows became ${last.rows}`)
}
