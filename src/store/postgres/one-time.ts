import { type OneTimeVerbs, RECENT_SECONDS, type TakeOutcome } from '../one-time.ts'
import { type Connection, firstRow } from './connection.ts'
import { lengthOf, NOW } from './expressions.ts'
import { statement } from './statement.ts'

// Whoever comes second waits for the first.
const take = statement<{ outcome: TakeOutcome }>(
  'one_time.take',
  `INSERT INTO countersign.one_time AS former (kind, hash, taken_at, ends_at)
   SELECT @kind::text, @hash::text, t.now, t.now + ${lengthOf('@life')} FROM (SELECT ${NOW} AS now) t
   ON CONFLICT (kind, hash) DO UPDATE SET tries = former.tries + 1
   RETURNING CASE
     WHEN tries = 1 THEN 'won'
     WHEN clock_timestamp() < taken_at + interval '${RECENT_SECONDS} seconds' THEN 'lost-recent'
     ELSE 'lost-old' END AS outcome`,
)

const countTry = statement<{ tries: number }>(
  'one_time.count_try',
  `INSERT INTO countersign.one_time AS former (kind, hash, taken_at, ends_at)
   SELECT @kind::text, @hash::text, t.now, t.now + ${lengthOf('@life')} FROM (SELECT ${NOW} AS now) t
   ON CONFLICT (kind, hash) DO UPDATE SET tries = former.tries + 1 RETURNING tries`,
)

export function oneTimeVerbs(connection: Connection): OneTimeVerbs {
  return {
    async take(kind, hash, lifeMilliseconds) {
      const row = await firstRow(connection, take, { kind, hash, life: lifeMilliseconds })
      return row?.outcome ?? 'lost-old'
    },

    async countTry(kind, hash, lifeMilliseconds) {
      const row = await firstRow(connection, countTry, { kind, hash, life: lifeMilliseconds })
      return row?.tries ?? Number.POSITIVE_INFINITY
    },
  }
}
