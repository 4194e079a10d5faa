import { DAY_MILLISECONDS } from '../../base/duration.ts'
import {
  MOST_REFUSALS,
  REFUSAL_COUNT_DAYS,
  type RefusalCount,
  type RefusalRecord,
  type RefusalVerbs,
} from '../refusals.ts'
import type { Connection } from './connection.ts'

interface RefusalRow extends Omit<RefusalRecord, 'facts'> {
  readonly facts: string
}

export function refusalVerbs(connection: Connection): RefusalVerbs {
  return {
    write: (records, counts) =>
      connection.write((db) => {
        for (const { facts, ...record } of records) {
          db.run(
            `INSERT INTO cs_refusals (reference, at, code, node, facts)
             VALUES (:reference, :at, :code, :node, :facts)`,
            { ...record, facts: JSON.stringify(facts) },
          )
        }
        for (const { at, code, node, count } of counts) {
          db.run(
            `INSERT INTO cs_refusal_counts (at, code, node, count) VALUES (:at, :code, :node, :count)
             ON CONFLICT (at, code, node) DO UPDATE SET count = count + excluded.count`,
            { at, code, node, count },
          )
        }
        if (records.length > 0) {
          db.run('DELETE FROM cs_refusals WHERE number <= (SELECT max(number) FROM cs_refusals) - :most', {
            most: MOST_REFUSALS,
          })
        }
        db.run('DELETE FROM cs_refusal_counts WHERE at < :since', {
          since: db.now - REFUSAL_COUNT_DAYS * DAY_MILLISECONDS,
        })
      }),

    find: (reference) =>
      connection.read((db) => {
        const row = db.get<RefusalRow>(
          'SELECT reference, at, code, node, facts FROM cs_refusals WHERE reference = :reference LIMIT 1',
          { reference },
        )
        return row && toRecord(row)
      }),

    list: ({ since = 0, limit }) =>
      connection.read((db) =>
        db
          .all<RefusalRow>(
            `SELECT reference, at, code, node, facts FROM cs_refusals WHERE at >= :since
             ORDER BY at DESC, number DESC LIMIT :limit`,
            { since, limit },
          )
          .map(toRecord),
      ),

    counts: (since) =>
      connection.read((db) =>
        db
          .all<RefusalCount>(
            'SELECT at, code, node, count FROM cs_refusal_counts WHERE at >= :since ORDER BY at, code, node',
            { since },
          )
          .map((row) => ({ ...row })),
      ),
  }
}

function toRecord({ facts, reference, at, code, node }: RefusalRow): RefusalRecord {
  return { reference, at, code, node, facts: JSON.parse(facts) }
}
