import { startPostgres } from '../servers/postgres.ts'
import { run } from '../store/postgres-place.ts'
import { ALARMS, CLIENTS, crashOften, type StoredSession } from './crash.ts'
import { type NodeServer, startNodeServer } from './nodes/node-server.ts'
import { CLUSTER_SECRET, signInMany } from './nodes/sessions.ts'
import { startAgain } from './nodes/start-again.ts'
import type { Torture } from './torture.ts'

/** So often it is the database that is killed instead. */
const DATABASE_EVERY = 10

/** Two nodes serve the same clients; one of them is killed, and the other goes on, or the database itself is killed. */
export const crashPostgres: Torture = {
  name: 'crash-postgres',
  title:
    'B2: nodes and PostgreSQL are killed under 32 clients: nobody signed out, nothing lost, one live token each',
  counts: { quick: 2, full: 100, long: 1000 },
  async run(attempt) {
    const postgres = await startPostgres({ durable: true })
    const nodes: NodeServer[] = []
    try {
      const tokens = await signInMany(CLIENTS + attempt.count + 1, postgres.url)
      const settings = { SECRET_KEY: CLUSTER_SECRET, DATABASE_URL: postgres.url }
      for (let count = 0; count < 2; count += 1) nodes.push(await startNodeServer(settings))
      await crashOften(
        attempt,
        {
          nodes,
          async crash(round, look) {
            if (round % DATABASE_EVERY === DATABASE_EVERY - 1) {
              await postgres.kill()
              await postgres.start()
              attempt.note('kills of PostgreSQL')
              return look()
            }
            const node = nodes[round % nodes.length]
            await node?.kill()
            await look()
            if (node !== undefined) await startAgain(node, () => attempt.note('starts repeated'))
          },
          sessions: async () => {
            const rows = await run(
              postgres.url,
              'SELECT id::text, generation, ended_at IS NOT NULL AS ended FROM countersign.sessions',
            )
            return rows.map(
              ({ id, generation, ended }): StoredSession => ({
                id: String(id),
                generation: Number(generation),
                ended: ended === true,
              }),
            )
          },
          async alarms() {
            const rows = await run(postgres.url, 'SELECT name FROM countersign.events')
            return rows.map(({ name }) => String(name)).filter((name) => ALARMS.includes(name))
          },
        },
        tokens,
      )
    } finally {
      for (const node of nodes) await node.stop()
      await postgres.stop()
    }
  },
}
