import { type OneTimeVerbs, RECENT_SECONDS } from '../one-time.ts'
import type { Connection } from './connection.ts'

export function oneTimeVerbs(connection: Connection): OneTimeVerbs {
  return {
    take: (kind, hash, lifeMilliseconds) =>
      connection.write((db) => {
        const won = db.run(
          `INSERT INTO cs_one_time (kind, hash, taken_at, ends_at) VALUES (:kind, :hash, :now, :endsAt)
           ON CONFLICT (kind, hash) DO NOTHING`,
          { kind, hash, now: db.now, endsAt: db.now + lifeMilliseconds },
        )
        if (won === 1) return 'won'
        const former = db.get<{ taken_at: number }>(
          'SELECT taken_at FROM cs_one_time WHERE kind = :kind AND hash = :hash',
          { kind, hash },
        )
        return former !== undefined && db.now < former.taken_at + RECENT_SECONDS * 1000
          ? 'lost-recent'
          : 'lost-old'
      }),

    countTry: (kind, hash, lifeMilliseconds) =>
      connection.write((db) => {
        const row = db.get<{ tries: number }>(
          `INSERT INTO cs_one_time (kind, hash, taken_at, ends_at) VALUES (:kind, :hash, :now, :endsAt)
           ON CONFLICT (kind, hash) DO UPDATE SET tries = tries + 1 RETURNING tries`,
          { kind, hash, now: db.now, endsAt: db.now + lifeMilliseconds },
        )
        return row?.tries ?? Number.POSITIVE_INFINITY
      }),
  }
}
