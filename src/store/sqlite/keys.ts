import { raisedCounter } from '../../model/counters.ts'
import type { KeyVerbs, StoredKey, StoredRing } from '../keys.ts'
import { type KeyRow, toKey } from '../rows/keys.ts'
import type { Connection, Reading, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { longestLifeSeconds, writeRevocation } from './revocation-entries.ts'

interface StoredRow extends Omit<KeyRow, 'public_jwk'> {
  readonly public_jwk: string | null
}

export function keyVerbs(connection: Connection): KeyVerbs {
  return {
    ring: () => connection.read(readRing),

    replace: (expected, keys, event, revoked = []) =>
      connection.write((db) => {
        if (ringVersion(db) !== expected) return false
        db.run('DELETE FROM cs_keys')
        for (const key of keys) insertKey(db, key)
        raiseRingVersion(db)
        for (const ref of revoked) writeRevocation(db, { kind: 'key', ref, least: undefined })
        writeEvent(db, event)
        return true
      }),
  }
}

export function ringVersion(db: Reading): number {
  return db.get<{ version: number }>('SELECT ring_version version FROM cs_store')?.version ?? 0
}

/** Like the other counters never below the time: a ring lost in a restore cannot share its number with another. */
export function raiseRingVersion(db: Writing): void {
  db.run('UPDATE cs_store SET ring_version = :version', { version: raisedCounter(ringVersion(db), db.now) })
}

function readRing(db: Reading): StoredRing {
  return {
    version: ringVersion(db),
    keys: db.all<StoredRow>('SELECT * FROM cs_keys ORDER BY created_at, kid').map(readKey),
    now: db.now,
    longestLifeSeconds: longestLifeSeconds(db),
  }
}

function insertKey(db: Writing, key: StoredKey): void {
  db.run(
    `INSERT INTO cs_keys (kid, use, algorithm, phase, public_jwk, sealed, created_at, phase_at, published_at)
     VALUES (:kid, :use, :algorithm, :phase, :publicJwk, :sealed, :createdAt, :phaseAt, :publishedAt)`,
    {
      kid: key.kid,
      use: key.use,
      algorithm: key.algorithm,
      phase: key.phase,
      publicJwk: key.publicJwk && JSON.stringify(key.publicJwk),
      sealed: key.sealed,
      createdAt: key.createdAt,
      phaseAt: key.phaseAt,
      publishedAt: key.publishedAt,
    },
  )
}

function readKey(row: StoredRow): StoredKey {
  return toKey({ ...row, public_jwk: row.public_jwk === null ? null : JSON.parse(row.public_jwk) })
}
