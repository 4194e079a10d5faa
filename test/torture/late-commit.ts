import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { PostgresStore } from '../../src/postgres.ts'
import { claimsOf, startIssuer, type TestIssuer } from '../flows/issuer.ts'
import { startPostgres } from '../servers/postgres.ts'
import { patient } from '../store/postgres-place.ts'
import { type DoorWatch, watchDoor } from './partitions/watch.ts'
import type { Attempt, Torture } from './torture.ts'

const BOUND_MILLISECONDS = 5000
const PATIENCE_MILLISECONDS = 120_000
const SYSTEM = { actor: { kind: 'system' } } as const

interface Late {
  readonly door: DoorWatch
  readonly userId: string
  readonly sessionId: string
}

/** When a commit was asked for, and when it was confirmed: it may be seen from the one and must be from the other. */
interface Committed {
  readonly asked: number
  readonly confirmed: number
}

/** Ends a session in a transaction that stays open for so long. */
async function endLate(
  store: PostgresStore,
  url: string,
  late: Late,
  heldMilliseconds: number,
): Promise<Committed> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { userId, sessionId } = late
    await client.query('BEGIN')
    const event = { name: 'session.ended', origin: SYSTEM, userId, sessionId } as const
    await store.withTransaction(client).sessions.end({ userId, id: sessionId, why: 'ended_by_admin' }, event)
    await pause(heldMilliseconds)
    const asked = performance.now()
    await client.query('COMMIT')
    return { asked, confirmed: performance.now() }
  } finally {
    await client.end()
  }
}

async function judge(attempt: Attempt, { door }: Late, { asked, confirmed }: Committed): Promise<void> {
  if (door.looks.some(({ until, status }) => until < asked && status === 401)) {
    attempt.violation('refused before the commit')
  }
  if ((await door.until(401, PATIENCE_MILLISECONDS)) === undefined) attempt.violation('never refused')
  const accepted = door.looks.filter(({ at, status }) => at > confirmed && status === 200)
  const latest = Math.max(0, ...accepted.map(({ at }) => at - confirmed))
  attempt.noteLargest('latest acceptance (ms)', latest)
  if (latest > BOUND_MILLISECONDS) attempt.violation(`accepted ${Math.round(latest)} ms after the commit`)
}

async function signInForDoor(issuer: TestIssuer, userId: string): Promise<Late> {
  const { access_token } = await issuer.auth.sessions.start({ userId, amr: ['pwd'] })
  return { door: watchDoor(issuer, access_token), userId, sessionId: String(claimsOf(access_token).sid) }
}

/** One transaction is held for a second, one for two, and so on, while others commit all the time. */
export const lateCommit: Torture = {
  name: 'late-commit',
  title:
    'PROTOCOL 2.1: revocations that commit late, with pushes off, while others commit: each seen in time, held up to',
  unit: 'seconds',
  counts: { quick: 3, full: 30, long: 120 },
  async run(attempt) {
    const server = await startPostgres()
    // A pool of the application's own carries no notifications.
    const pool = new pg.Pool({ connectionString: server.url })
    pool.on('error', () => undefined)
    const store = patient({ pool })
    const issuer = await startIssuer({
      store,
      rateLimits: 'off',
      maxStalenessSeconds: BOUND_MILLISECONDS / 1000,
    })
    const doors: DoorWatch[] = []
    try {
      const { id: userId } = await issuer.auth.users.create({
        email: 'late@example.com',
        password: 'correct horse battery',
      })
      let busy = true
      const others = (async () => {
        while (busy) {
          const entry = { kind: 'token', ref: randomUUID(), least: undefined } as const
          await store.revocations.add(entry, {}, { name: 'token.revoked', origin: SYSTEM })
          attempt.note('others')
          await pause(50)
        }
      })()
      const lates = Array.from({ length: attempt.count }, async (_, index) => {
        const late = await signInForDoor(issuer, userId)
        doors.push(late.door)
        await judge(attempt, late, await endLate(store, server.url, late, (index + 1) * 1000))
        attempt.note('late commits')
        await late.door.end()
        attempt.progress(index + 1)
      })
      await Promise.all(lates)
      busy = false
      await others
    } finally {
      for (const door of doors) await door.end()
      await issuer.close()
      await pool.end()
      await server.stop()
    }
  },
}
