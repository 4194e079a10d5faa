import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pushSchema } from 'drizzle-kit/api'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, text, uuid } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { postgres } from '../../src/postgres.ts'
import { PASSWORD, startIssuer } from '../flows/issuer.ts'
import { run, startPlace } from '../store/postgres-place.ts'

const place = await startPlace()
after(() => place.stop())

const columns = () => ({ owner: uuid('owner').primaryKey(), name: text('name').notNull() })
const shops = pgTable('shops', columns())
const grown = pgTable('shops', { ...columns(), town: text('town') })

/** As a user of another name than our schema: PostgreSQL looks first in the schema that is called like the user. */
async function urlOfApplication(): Promise<string> {
  const url = new URL(await place.newUrl())
  await run(url.href, `CREATE ROLE shopkeeper LOGIN SUPERUSER PASSWORD 'not-a-secret'`)
  url.username = 'shopkeeper'
  url.password = 'not-a-secret'
  return url.href
}

/** What there is of ours: a tool that alters or drops anything shows here. */
async function ours(pool: pg.Pool): Promise<unknown[]> {
  const columns = await pool.query(
    `SELECT table_name, column_name, data_type FROM information_schema.columns
     WHERE table_schema = 'countersign' ORDER BY table_name, ordinal_position`,
  )
  const indexes = await pool.query(
    `SELECT indexdef FROM pg_indexes WHERE schemaname = 'countersign' ORDER BY 1`,
  )
  return [...columns.rows, ...indexes.rows]
}

test('Drizzle pushes the schema of an application, and leaves ours alone; both are one commit', async () => {
  const pool = new pg.Pool({ connectionString: await urlOfApplication(), max: 8 })
  const db = drizzle(pool)
  const issuer = await startIssuer({ store: postgres({ pool }) })
  const before = await ours(pool)
  assert.ok(before.length > 50)

  for (const schema of [{ shops }, { shops: grown }, {}]) {
    const pushed = await pushSchema(schema, db as never)
    assert.doesNotMatch(pushed.statementsToExecute.join('\n'), /countersign/)
    await pushed.apply()
    assert.deepEqual(await ours(pool), before)
  }
  await (await pushSchema({ shops }, db as never)).apply()

  const client = await pool.connect()
  for (const end of ['ROLLBACK', 'COMMIT']) {
    await client.query('BEGIN')
    const account = { email: `${end}@example.com`, username: end, password: PASSWORD }
    const { id } = await issuer.auth.withTransaction(client).users.create(account)
    await drizzle(client).insert(shops).values({ owner: id, name: 'Shop' })
    await client.query(end)
    const rows = await db.select().from(shops).where(eq(shops.owner, id))
    assert.equal(rows.length, end === 'COMMIT' ? 1 : 0)
    assert.equal((await issuer.auth.users.find(id)) !== undefined, end === 'COMMIT')
  }
  client.release()
  await issuer.close()
  await pool.end()
})
