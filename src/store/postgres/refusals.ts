import {
  MOST_REFUSALS,
  REFUSAL_COUNT_DAYS,
  type RefusalCount,
  type RefusalRecord,
  type RefusalVerbs,
} from '../refusals.ts'
import type { Connection } from './connection.ts'
import { firstRow } from './connection.ts'
import { inMilliseconds, timeFrom } from './expressions.ts'
import { statement } from './statement.ts'

const insert = statement(
  'refusals.insert',
  `INSERT INTO countersign.refusals (reference, at, code, node, facts)
   SELECT reference, ${timeFrom('at')}, code, node, facts
   FROM json_to_recordset(@rows::json) AS r (reference text, at float8, code text, node text, facts json)`,
)

// In the order of their key, so that two nodes that write at once never wait for each other in a circle.
const count = statement(
  'refusals.count',
  `INSERT INTO countersign.refusal_counts AS c (at, code, node, count)
   SELECT ${timeFrom('at')}, code, node, count
   FROM json_to_recordset(@rows::json) AS r (at float8, code text, node text, count bigint)
   ORDER BY at, code, node
   ON CONFLICT (at, code, node) DO UPDATE SET count = c.count + excluded.count`,
)

const trim = statement(
  'refusals.trim',
  `DELETE FROM countersign.refusals
   WHERE number <= (SELECT max(number) FROM countersign.refusals) - @most::bigint`,
)

const forget = statement(
  'refusals.forget_counts',
  `DELETE FROM countersign.refusal_counts WHERE at < clock_timestamp() - make_interval(days => @days::int)`,
)

const COLUMNS = `reference, ${inMilliseconds('r.at')} AS at, code, node, facts`

const find = statement<RefusalRecord>(
  'refusals.find',
  `SELECT ${COLUMNS} FROM countersign.refusals r WHERE reference = @reference::text LIMIT 1`,
)

const list = statement<RefusalRecord>(
  'refusals.list',
  `SELECT ${COLUMNS} FROM countersign.refusals r WHERE r.at >= ${timeFrom('@since')}
   ORDER BY r.at DESC, number DESC LIMIT @limit::bigint`,
)

const counts = statement<RefusalCount>(
  'refusals.counts',
  `SELECT ${inMilliseconds('c.at')} AS at, code, node, count FROM countersign.refusal_counts c
   WHERE c.at >= ${timeFrom('@since')} ORDER BY c.at, code, node`,
)

export function refusalVerbs(connection: Connection): RefusalVerbs {
  return {
    write: (records, slots) =>
      connection.transaction(async (inside) => {
        if (records.length > 0) {
          await inside.rows(insert, { rows: JSON.stringify(records) })
          await inside.rows(trim, { most: MOST_REFUSALS })
        }
        if (slots.length > 0) await inside.rows(count, { rows: JSON.stringify(slots) })
        await inside.rows(forget, { days: REFUSAL_COUNT_DAYS })
      }),
    find: (reference) => firstRow(connection, find, { reference }),
    list: ({ since = 0, limit }) => connection.rows(list, { since, limit }),
    counts: (since) => connection.rows(counts, { since }),
  }
}
