import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { PrivatePostgres } from '../test/servers/postgres.ts'

/** The least that a refresh can be on a database: find the session's row and move it on, one transaction each. */
export interface StatementRate {
  readonly perSecond: number
  readonly cpuMicroseconds: number
}

const SESSIONS = 32
const COLUMNS =
  'id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, generation INTEGER NOT NULL, turned_at TEXT NOT NULL'

export async function sqliteStatementRate(path: string, milliseconds: number): Promise<StatementRate> {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  database.exec(`CREATE TABLE IF NOT EXISTS bare (${COLUMNS})`)
  const ids = Array.from({ length: SESSIONS }, () => randomUUID())
  const insert = database.prepare('INSERT INTO bare VALUES (?, ?, 0, ?)')
  for (const id of ids) insert.run(id, 'hash', '')
  const update = database.prepare(
    `UPDATE bare SET generation = generation + 1, turned_at = ? WHERE id = ? AND secret_hash = 'hash' RETURNING generation`,
  )
  const [cpu, began] = [process.cpuUsage(), performance.now()]
  let count = 0
  while (performance.now() - began < milliseconds) {
    update.get(String(count), ids[count % SESSIONS] ?? '')
    count += 1
  }
  const { user, system } = process.cpuUsage(cpu)
  database.close()
  return {
    perSecond: (count * 1000) / (performance.now() - began),
    cpuMicroseconds: (user + system) / count,
  }
}

export async function postgresStatementRate(
  { urlOf }: PrivatePostgres,
  connections: number,
  milliseconds: number,
): Promise<StatementRate> {
  const pool = new pg.Pool({ connectionString: urlOf('postgres'), max: 16 })
  await pool.query(
    'CREATE TABLE IF NOT EXISTS bare (id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, generation INTEGER NOT NULL, turned_at TEXT NOT NULL) WITH (fillfactor = 75)',
  )
  const ids = Array.from({ length: connections }, () => randomUUID())
  for (const id of ids) await pool.query(`INSERT INTO bare VALUES ($1, 'hash', 0, '')`, [id])
  const text = `UPDATE bare SET generation = generation + 1, turned_at = $1 WHERE id = $2 AND secret_hash = 'hash' RETURNING generation`
  const began = performance.now()
  const cpu = process.cpuUsage()
  let count = 0
  await Promise.all(
    ids.map(async (id) => {
      while (performance.now() - began < milliseconds) {
        await pool.query({ name: 'bare', text, values: [String(count), id] })
        count += 1
      }
    }),
  )
  const { user, system } = process.cpuUsage(cpu)
  const perSecond = (count * 1000) / (performance.now() - began)
  await pool.end()
  return { perSecond, cpuMicroseconds: (user + system) / count }
}
