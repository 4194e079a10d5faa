import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ALARMS, CLIENTS, crashOften, type StoredSession } from './crash.ts'
import { startNodeServer } from './nodes/node-server.ts'
import { CLUSTER_SECRET, signInMany } from './nodes/sessions.ts'
import type { Torture } from './torture.ts'

/** The server is killed with its writes under way; the file is looked at before the next one opens it. */
export const crashSqlite: Torture = {
  name: 'crash-sqlite',
  title:
    'B2: the server is killed under 32 clients on SQLite: nobody signed out, nothing lost, one live token each',
  counts: { quick: 2, full: 100, long: 1000 },
  async run(attempt) {
    const node = await startNodeServer({ SECRET_KEY: CLUSTER_SECRET })
    const path = join(node.folder, 'data', 'countersign.db')
    const ask = <Row>(sql: string): Row[] => {
      const database = new DatabaseSync(path)
      try {
        return database.prepare(sql).all() as Row[]
      } finally {
        database.close()
      }
    }
    try {
      const tokens = await signInMany(CLIENTS + attempt.count + 1, `sqlite:${path}`)
      await crashOften(
        attempt,
        {
          nodes: [node],
          async crash(_, look) {
            await node.kill()
            const [check] = ask<{ integrity_check: string }>('PRAGMA integrity_check')
            if (check?.integrity_check !== 'ok') attempt.violation(`the file: ${check?.integrity_check}`)
            await look()
            await node.start()
          },
          sessions: async () =>
            ask<{ id: string; generation: number; ended_at: number | null }>(
              'SELECT id, generation, ended_at FROM cs_sessions',
            ).map(
              ({ id, generation, ended_at }): StoredSession => ({ id, generation, ended: ended_at !== null }),
            ),
          alarms: async () =>
            ask<{ name: string }>('SELECT name FROM cs_events')
              .map(({ name }) => name)
              .filter((name) => ALARMS.includes(name)),
        },
        tokens,
      )
    } finally {
      await node.stop()
    }
  },
}
