import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { readAnswer, startIssuer } from '../flows/issuer.ts'
import { startPostgres } from '../servers/postgres.ts'
import { patient, run } from '../store/postgres-place.ts'
import { CLUSTER_ISSUER, type NodeServer, startNodeServer } from './nodes/node-server.ts'
import { CLUSTER_SECRET, type SessionToken, signInMany } from './nodes/sessions.ts'
import type { Attempt, Torture } from './torture.ts'

const SESSIONS = 4
const PATIENCE_MILLISECONDS = 60_000

const post = async ({ url }: NodeServer, { text }: SessionToken) =>
  readAnswer(
    await fetch(`${url}/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `of ${text.slice(-12)}` },
      body: JSON.stringify({ refresh_token: text }),
    }),
  )

/** A process that has just woken says 503 until it has asked what is new. */
async function postUntilAnswered(node: NodeServer, token: SessionToken) {
  const late = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    const answer = await post(node, token)
    if (answer.status !== 503 || performance.now() > late) return answer
    await pause(50)
  }
}

/** Resolves when so many statements of the node wait for a lock. */
async function untilWaiting(url: string, count: number): Promise<void> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    const [row] = await run(
      url,
      `SELECT count(*) AS waiting FROM pg_stat_activity
       WHERE application_name = 'countersign' AND wait_event_type = 'Lock'`,
    )
    if (Number(row?.waiting) >= count) return
    if (performance.now() > late) throw new Error('the refreshes do not wait for the lock')
    await pause(10)
  }
}

/**
 * The rows are locked, so that every refresh stands in its statement; the process is stopped, the statements run, and
 * half of the sessions end while it stands still. Then it wakes with answers that are long out of date.
 */
async function stopBetween(
  attempt: Attempt,
  url: string,
  node: NodeServer,
  tokens: SessionToken[],
): Promise<void> {
  const other = await startIssuer({
    store: patient({ url }),
    issuer: CLUSTER_ISSUER,
    secretKey: CLUSTER_SECRET,
  })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('BEGIN; SELECT FROM countersign.sessions FOR UPDATE')
    const asked = tokens.map((token) => post(node, token))
    await untilWaiting(url, tokens.length)
    node.pause()
    await client.query('COMMIT')
    const ending = tokens.slice(0, tokens.length / 2)
    for (const { sessionId } of ending) {
      const [row] = await run(url, `SELECT user_id FROM countersign.sessions WHERE id = '${sessionId}'`)
      await other.auth.sessions.end(String(row?.user_id), sessionId)
    }
    await pause(attempt.count * 1000)
    node.resume()

    for (const [index, { status, text, body }] of (await Promise.all(asked)).entries()) {
      attempt.note(`answered ${status} ${body.cause ?? ''}`.trim())
      if (status === 200) attempt.violation(`session ${index} got a token from before the stop`)
      if (status !== 503 && status !== 400) attempt.violation(`session ${index}: ${status} ${text}`)
    }
    for (const token of tokens) {
      const { status, text } = await postUntilAnswered(node, token)
      const isEnding = ending.includes(token)
      if (status !== (isEnding ? 400 : 200)) attempt.violation(`afterwards ${status} ${text}`)
    }
  } finally {
    await client.end()
    await other.close()
  }
}

export const stopped: Torture = {
  name: 'stopped',
  title:
    'PROTOCOL 1.6: a process that is stopped between statement and signature hands out nothing old, stopped for',
  unit: 'seconds',
  counts: { quick: 6, full: 20, long: 90 },
  async run(attempt) {
    const postgres = await startPostgres()
    try {
      const tokens = await signInMany(SESSIONS, postgres.url)
      const node = await startNodeServer({ SECRET_KEY: CLUSTER_SECRET, DATABASE_URL: postgres.url })
      try {
        await stopBetween(attempt, postgres.url, node, tokens)
      } finally {
        await node.stop()
      }
    } finally {
      await postgres.stop()
    }
  },
}
