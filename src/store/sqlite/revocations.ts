import { toSeconds } from '../../base/clock.ts'
import {
  CENSUS_AHEAD_SECONDS,
  MOST_TOKENS_OF_SESSION,
  type RevocationCensus,
  type RevocationPull,
  type RevocationVerbs,
} from '../revocations.ts'
import { endTokensOfClient } from './clients.ts'
import type { Connection, Reading, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { ringVersion } from './keys.ts'
import { repeatCause } from './lost-causes.ts'
import {
  liveEntry,
  longestLifeSeconds,
  type RevocationRow,
  strongestEntry,
  writeRevocation,
} from './revocation-entries.ts'
import { endSessionById } from './session-rows.ts'

export function revocationVerbs(connection: Connection): RevocationVerbs {
  return {
    pull: (cursor, { census = false } = {}) =>
      connection.read((db) => ({ ...pull(db, cursor), ...(census && { census: takeCensus(db) }) })),

    add: (entry, { sessionId, madeAt }, event) =>
      connection.write((db) => {
        writeEvent(db, event)
        if (entry.kind === 'client') {
          writeRevocation(db, endTokensOfClient(db, entry))
        } else if (entry.kind === 'token' && sessionId !== undefined && isCrowded(db, sessionId, entry.ref)) {
          endSessionById(db, sessionId, 'token_revoked')
          writeRevocation(db, { kind: 'session', ref: sessionId, least: undefined })
        } else {
          writeRevocation(db, entry, { sessionId: entry.kind === 'token' ? sessionId : undefined, madeAt })
        }
      }),

    restore: (entries, event) =>
      connection.write((db) => {
        let lost = 0
        for (const entry of entries) {
          if (covers(liveEntry(db, entry), entry.least)) continue
          // One that is over by a clock that was set is still there, and its cause was never lost.
          const isUnheard = !covers(strongestEntry(db, entry), entry.least)
          writeRevocation(db, entry, { lifeMilliseconds: entry.remainingMilliseconds })
          if (!isUnheard) continue
          repeatCause(db, entry)
          lost += 1
        }
        if (lost > 0) writeEvent(db, event)
        return lost
      }),
  }
}

/** Whether a row already says at least as much as an entry with this least acceptable counter. */
function covers(row: Pick<RevocationRow, 'least'> | undefined, least: number | undefined): boolean {
  if (row === undefined) return false
  return row.least === null || (least !== undefined && row.least >= least)
}

function isCrowded(db: Writing, sessionId: string, except: string): boolean {
  const row = db.get<{ count: number }>(
    `SELECT count(*) count FROM cs_revocations
     WHERE session_id = :sessionId AND ends_at > :now AND ref <> :except`,
    { sessionId, except, now: db.now },
  )
  return (row?.count ?? 0) >= MOST_TOKENS_OF_SESSION
}

function takeCensus(db: Reading): RevocationCensus {
  const fromSeconds = toSeconds(db.now) + CENSUS_AHEAD_SECONDS
  const row = db.get<{ count: number; sum: number | null }>(
    `SELECT count(*) count, sum(ends_at / 1000 - :fromSeconds) sum FROM cs_revocations
     WHERE ends_at >= :fromSeconds * 1000`,
    { fromSeconds },
  )
  return { fromSeconds, count: row?.count ?? 0, sum: row?.sum ?? 0 }
}

function pull(db: Reading, cursor: string | undefined): RevocationPull {
  const identity = identityOf(db)
  const after = cursor === undefined ? undefined : positionOf(db, cursor, identity.text)
  const rows = db.all<RevocationRow>(
    'SELECT * FROM cs_revocations WHERE number > :after AND ends_at > :now ORDER BY number',
    { after: after ?? 0, now: db.now },
  )
  const newest = db.get<Pick<RevocationRow, 'number' | 'stamp'>>(
    'SELECT number, stamp FROM cs_revocations ORDER BY number DESC LIMIT 1',
  )
  const complete = after === undefined
  return {
    entries: rows.map((row) => ({
      kind: row.kind,
      ref: row.ref,
      least: row.least ?? undefined,
      remainingMilliseconds: row.ends_at - db.now,
    })),
    complete,
    cursor: [identity.text, newest?.number ?? 0, newest?.stamp ?? ''].join(':'),
    identity: identity.text,
    storeEpoch: identity.epoch,
    ringVersion: ringVersion(db),
    coveredLifeSeconds: longestLifeSeconds(db),
    now: db.now,
  }
}

function identityOf(db: Reading): { readonly text: string; readonly epoch: number } {
  const store = db.get<{ id: string; epoch: number }>('SELECT id, epoch FROM cs_store')
  return { text: `${store?.id}.${store?.epoch}`, epoch: store?.epoch ?? 0 }
}

/**
 * The number up to which the cursor's owner has seen everything. Undefined where that cannot be said: another
 * database, or one that was put back and has lost, or given to another entry, the newest the owner knows.
 */
function positionOf(db: Reading, cursor: string, identity: string): number | undefined {
  const [owner, text, stamp] = cursor.split(':')
  const number = Number(text)
  if (owner !== identity || !Number.isSafeInteger(number)) return undefined
  if (number === 0) return 0
  const known = db.get('SELECT 1 FROM cs_revocations WHERE number = :number AND stamp = :stamp', {
    number,
    stamp,
  })
  return known === undefined ? undefined : number
}
