import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import {
  decideRefresh,
  isElsewhere,
  type RefreshAttempt,
  type RefreshPlace,
  type RefreshRow,
} from '../../src/model/refresh-decision.ts'
import { inMilliseconds, lengthOf, timeFrom } from '../../src/store/postgres/expressions.ts'
import { poolConnection } from '../../src/store/postgres/pool.ts'
import { judgement } from '../../src/store/postgres/refresh-statement.ts'
import { statement } from '../../src/store/postgres/statement.ts'
import { countOf } from '../counts.ts'
import { startPostgres } from '../servers/postgres.ts'
import { seed, seededRandom } from './seeded.ts'

const CASES = countOf({ quick: 20_000, full: 200_000, long: 1_000_000 })
const TOGETHER = 5000
const WINDOW = 10_000
const NOW = 1_795_000_000_000

interface Case {
  readonly row: RefreshRow
  readonly place: RefreshPlace
  readonly attempt: RefreshAttempt
  readonly from: RefreshPlace
  readonly elsewhereIsReuse: boolean
  readonly clock: number
}

function randomCase(random: () => number): Case {
  const pick = <T>(...values: readonly [T, ...T[]]): T =>
    values[Math.floor(random() * values.length)] ?? values[0]
  const mostly = <T>(usual: T, rare: T): T => (random() < 0.93 ? usual : rare)
  const upTo = (limit: number) => Math.floor(random() * (limit + 1))
  /** Near the borders at which a verdict changes. */
  const near = () => NOW + pick(0, -1, 1, 2, -2) * WINDOW + pick(-1, 0, 0, 1, upTo(WINDOW))
  const generation = upTo(8)
  return {
    row: {
      generation,
      keyId: 'k1',
      attempt: pick(undefined, 'a', 'b'),
      turnedAt: near(),
      markGeneration: upTo(generation),
      markAt: near(),
      previousGeneration: upTo(generation),
      previousAt: near(),
      idleAt: mostly(NOW + 86_400_000, NOW + pick(-1, 0, 1)),
      endsAt: mostly(NOW + 86_400_000, NOW + pick(-1, 0, 1)),
      ended: mostly(false, true),
      userEpoch: 7,
      userEpochNow: mostly(7, pick(6, 8)),
      userActive: mostly(true, false),
      clientActive: mostly(true, false),
      storeEpoch: 3,
      storeEpochNow: mostly(3, pick(2, 4)),
    },
    place: { network: pick(undefined, 'n1', 'n2'), agent: pick(undefined, 'a1', 'a2') },
    attempt: {
      generation: pick(generation, generation - 1, Math.max(0, generation - 2), upTo(14)),
      attempt: pick(undefined, 'a', 'b'),
      reuseWindowMilliseconds: pick(WINDOW, WINDOW, 0, 1),
      idleMilliseconds: pick(600_000, 1),
      writingKeyId: pick('k1', 'k2'),
      clockUnsure: mostly(false, true),
    },
    elsewhereIsReuse: mostly(false, true),
    from: { network: pick(undefined, 'n1', 'n2'), agent: pick(undefined, 'a1', 'a2') },
    clock: NOW + pick(0, 0, -1, 1, -WINDOW),
  }
}

const BY_ROWS = judgement({
  generation: 'p',
  attempt: 'p_attempt',
  window: lengthOf('p_window'),
  idle: lengthOf('p_idle'),
  writingKey: 'p_key',
  clientId: `'first-party'`,
  network: 'p_network',
  agent: 'p_agent',
  clockUnsure: 'p_unsure',
  elsewhereIsReuse: 'p_elsewhere_is_reuse',
  clock: 'p_clock',
})

const TIMES = ['turned_at', 'mark_at', 'previous_at', 'idle_at', 'ends_at', 'ended_at', 'p_clock']

/** The text that the refresh runs, over many rows that carry what is presented to them. */
const judgeAll = statement<Readonly<Record<string, unknown>>>(
  'test.judge_all',
  `WITH held AS MATERIALIZED (
    SELECT number, 'first-party' AS client_id, generation, key_id, attempt, mark_generation,
      previous_generation, user_epoch, u_epoch, u_state, c_state, store_epoch, st_epoch, network, agent,
      p, p_attempt, p_window, p_idle, p_key, p_network, p_agent, p_unsure, p_elsewhere_is_reuse,
      ${TIMES.map((time) => `${timeFrom(`${time}`)} AS ${time}`).join(', ')}
    FROM json_to_recordset(@cases::json) AS given (number integer, generation bigint, key_id text, attempt text,
      mark_generation bigint, previous_generation bigint, user_epoch bigint, u_epoch bigint, u_state text,
      c_state text, store_epoch bigint, st_epoch bigint, network text, agent text, p bigint, p_attempt text,
      p_window float8, p_idle float8, p_key text, p_network text, p_agent text, p_unsure boolean,
      p_elsewhere_is_reuse boolean,
      ${TIMES.map((time) => `${time} float8`).join(', ')})),
  ${BY_ROWS}
  SELECT number, verdict, elsewhere, ${inMilliseconds('as_of')} AS "asOf", new_generation AS generation,
    new_key_id AS "keyId", new_attempt AS attempt, ${inMilliseconds('new_turned_at')} AS "turnedAt",
    new_mark_generation AS "markGeneration", ${inMilliseconds('new_mark_at')} AS "markAt",
    new_previous_generation AS "previousGeneration", ${inMilliseconds('new_previous_at')} AS "previousAt",
    ${inMilliseconds('new_idle_at')} AS "idleAt", ${inMilliseconds('new_ended_at')} AS "endedAt",
    new_ended_why AS "endedWhy"
  FROM changed ORDER BY number`,
)

function toRecord({ row, place, attempt, from, elsewhereIsReuse, clock }: Case, number: number) {
  return {
    number,
    generation: row.generation,
    key_id: row.keyId,
    attempt: row.attempt,
    turned_at: row.turnedAt,
    mark_generation: row.markGeneration,
    mark_at: row.markAt,
    previous_generation: row.previousGeneration,
    previous_at: row.previousAt,
    idle_at: row.idleAt,
    ends_at: row.endsAt,
    ended_at: row.ended ? NOW : null,
    user_epoch: row.userEpoch,
    u_epoch: row.userEpochNow,
    u_state: row.userActive ? 'active' : 'disabled',
    // Null is what the statement meets where there is no such client.
    c_state: row.clientActive ? 'active' : number % 2 === 0 ? 'removed' : null,
    store_epoch: row.storeEpoch,
    st_epoch: row.storeEpochNow,
    network: place.network,
    agent: place.agent,
    p: attempt.generation,
    p_attempt: attempt.attempt,
    p_window: attempt.reuseWindowMilliseconds,
    p_idle: attempt.idleMilliseconds,
    p_key: attempt.writingKeyId,
    p_network: from.network,
    p_agent: from.agent,
    p_unsure: attempt.clockUnsure,
    p_elsewhere_is_reuse: elsewhereIsReuse,
    p_clock: clock,
  }
}

/** What the function says, in the statement's finer words. */
function expected({ row, place, from, clock, ...given }: Case, number: number) {
  const attempt = { ...given.attempt, isSuspect: given.elsewhereIsReuse && isElsewhere(place, from) }
  const decision = decideRefresh(row, attempt, clock)
  const repeats = decision.verdict === 'repeat' || decision.verdict === 'late_repeat'
  const sure = decideRefresh(row, { ...attempt, clockUnsure: false }, clock)
  const change = decision.change
  return {
    number,
    verdict: decision.verdict === 'repeat' && sure.verdict === 'reuse' ? 'stepped' : decision.verdict,
    elsewhere: repeats && isElsewhere(place, from),
    asOf: decision.asOf,
    change: change && {
      ...change,
      attempt: change.attempt ?? null,
      endedAt: change.endedAt ?? null,
      endedWhy: change.endedWhy ?? null,
    },
  }
}

const CHANGING: readonly unknown[] = ['rotate', 'ahead', 'late_repeat', 'reuse']

const server = await startPostgres()
const pool = new pg.Pool({ connectionString: server.url, max: 1 })
const connection = poolConnection(pool, {
  limitMilliseconds: 60_000,
  longLimitMilliseconds: 60_000,
  mostWaiting: 10,
  prepared: true,
})
after(async () => {
  await pool.end()
  await server.stop()
})

test(`B3: the statement and decideRefresh agree on ${CASES} random rows (seed ${seed})`, async (t) => {
  const random = seededRandom(seed)
  const verdicts = new Map<unknown, number>()
  for (let first = 0; first < CASES; first += TOGETHER) {
    const cases = Array.from({ length: TOGETHER }, () => randomCase(random))
    const rows = await connection.rows(judgeAll, { cases: JSON.stringify(cases.map(toRecord)) })
    assert.equal(rows.length, cases.length)
    for (const [number, given] of cases.entries()) {
      const { number: _, verdict, elsewhere, asOf, ...change } = rows[number] ?? {}
      const said = {
        number,
        verdict,
        elsewhere,
        asOf,
        change: CHANGING.includes(verdict) ? change : undefined,
      }
      assert.deepEqual(
        said,
        expected(given, number),
        `seed ${seed}, row ${first + number}: ${JSON.stringify(given)}`,
      )
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
    }
  }
  t.diagnostic(`seed ${seed}: ${JSON.stringify(Object.fromEntries(verdicts))}`)
  for (const verdict of [
    'ended',
    'expired',
    'hold',
    'ahead',
    'rotate',
    'repeat',
    'late_repeat',
    'stepped',
    'reuse',
  ]) {
    assert.ok((verdicts.get(verdict) ?? 0) > CASES / 1000, `too few rows came to ${verdict} (seed ${seed})`)
  }
})
