import { randomSecret, systemRandom } from '../../base/random.ts'
import type { Revocation, RevocationKind } from '../../model/revocation.ts'
import { NODE_SILENCE_SECONDS } from '../nodes.ts'
import { DEFAULT_ACCESS_LIFE_SECONDS, ENTRY_MARGIN_SECONDS } from '../revocations.ts'
import type { Reading, Writing } from './connection.ts'

export interface RevocationRow {
  number: number
  stamp: string
  kind: RevocationKind
  ref: string
  least: number | null
  ends_at: number
}

/** Writes an entry within the transaction of its cause. It never says less than what is live for the same thing. */
export function writeRevocation(
  db: Writing,
  entry: Revocation,
  options: {
    readonly sessionId?: string | undefined
    readonly madeAt?: number | undefined
    readonly lifeMilliseconds?: number | undefined
  } = {},
): void {
  const { kind, ref } = entry
  const former = liveEntry(db, entry)
  const from = Math.max(db.now, options.madeAt ?? lastMadeAt(db, entry))
  const life = options.lifeMilliseconds ?? (longestLifeSeconds(db) + ENTRY_MARGIN_SECONDS) * 1000
  const absolute = entry.least === undefined || former?.least === null
  // The former row stays for the readers whose cursor names it; that it ends now keeps one live row for each thing.
  db.run('UPDATE cs_revocations SET ends_at = :now WHERE ref = :ref AND kind = :kind AND ends_at > :now', {
    now: db.now,
    ref,
    kind,
  })
  db.run(
    `INSERT INTO cs_revocations (stamp, kind, ref, least, session_id, ends_at)
     VALUES (:stamp, :kind, :ref, :least, :sessionId, :endsAt)`,
    {
      stamp: randomSecret(systemRandom, 8),
      kind,
      ref,
      least: absolute ? null : Math.max(entry.least ?? 0, former?.least ?? 0),
      sessionId: options.sessionId,
      endsAt: Math.max(from + life, former?.ends_at ?? 0),
    },
  )
}

/**
 * When the last token that the entry ends can have been made. Later than now, if the clock was set back since: an entry
 * counted from now alone would be over before the token, once the clock is right again.
 */
function lastMadeAt(db: Reading, { kind, ref }: Revocation): number {
  const newest = NEWEST_OF[kind]
  const row = newest && db.get<{ at: number | null }>(newest.sql, newest.isNamed ? { ref } : {})
  return row?.at ?? 0
}

/** By the sessions they are of; tokens of a client may have none, so there it is when a node was last seen. */
const NEWEST_OF: Readonly<
  Partial<Record<RevocationKind, { readonly sql: string; readonly isNamed: boolean }>>
> = {
  session: { sql: 'SELECT max(turned_at) at FROM cs_sessions WHERE id = :ref', isNamed: true },
  user: { sql: 'SELECT max(turned_at) at FROM cs_sessions WHERE user_id = :ref', isNamed: true },
  client: { sql: 'SELECT max(seen_at) at FROM cs_access_lives', isNamed: false },
  store: { sql: 'SELECT max(seen_at) at FROM cs_access_lives', isNamed: false },
}

/** There is at most one live row for one thing. */
export function liveEntry(db: Reading, { kind, ref }: Revocation): RevocationRow | undefined {
  return db.get<RevocationRow>(
    'SELECT * FROM cs_revocations WHERE ref = :ref AND kind = :kind AND ends_at > :now',
    { ref, kind, now: db.now },
  )
}

/** What was ever said of a thing, over or not, as far as the rows are still there. */
export function strongestEntry(
  db: Reading,
  { kind, ref }: Revocation,
): Pick<RevocationRow, 'least'> | undefined {
  return db.get<Pick<RevocationRow, 'least'>>(
    `SELECT least FROM cs_revocations WHERE ref = :ref AND kind = :kind
     ORDER BY least IS NULL DESC, least DESC LIMIT 1`,
    { ref, kind },
  )
}

/** The longest life of an access token that may still be alive (PROTOCOL 2.5). */
export function longestLifeSeconds(db: Reading): number {
  const row = db.get<{ seconds: number | null }>(
    'SELECT max(seconds) seconds FROM cs_access_lives WHERE seen_at + :silence + seconds * 1000 > :now',
    { silence: NODE_SILENCE_SECONDS * 1000, now: db.now },
  )
  return row?.seconds ?? DEFAULT_ACCESS_LIFE_SECONDS
}
