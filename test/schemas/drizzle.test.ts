import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { pushSchema } from 'drizzle-kit/api'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, text, uuid } from 'drizzle-orm/pg-core'
import pg from 'pg'
import type { Auth, NewAccount } from '../../src/index.ts'
import { blockWith, createBlockFolder } from '../docs/block-folder.ts'
import { PASSWORD, startIssuer } from '../flows/issuer.ts'
import { patient, startPlace } from '../store/postgres-place.ts'
import { ours, urlOfApplication } from './application-database.ts'

const place = await startPlace()
after(() => place.stop())

const columns = () => ({ owner: uuid('owner').primaryKey(), name: text('name').notNull() })
const shops = pgTable('shops', columns())
const grown = pgTable('shops', { ...columns(), town: text('town') })

test('Drizzle pushes the schema of an application, and leaves ours and its rows alone; both are one commit', async () => {
  const pool = new pg.Pool({ connectionString: await urlOfApplication(place), max: 8 })
  const db = drizzle(pool)
  const issuer = await startIssuer({ store: patient({ pool }) })
  const { access } = await issuer.signUp('before')
  const before = await ours(pool)
  assert.ok(before.length > 50)

  for (const schema of [{ shops }, { shops: grown }, {}]) {
    const pushed = await pushSchema(schema, db as never)
    assert.doesNotMatch(pushed.statementsToExecute.join('\n'), /countersign/)
    await pushed.apply()
    assert.deepEqual(await ours(pool), before)
  }
  await (await pushSchema({ shops }, db as never)).apply()
  assert.equal((await issuer.me(access)).status, 200)

  const folder = createBlockFolder({
    'shops.ts': blockWith('postgres.md', "from 'drizzle-orm/node-postgres'"),
  })
  const { addShop } = (await import(pathToFileURL(join(folder.path, 'shops.ts')).href)) as {
    addShop(auth: Auth, client: pg.PoolClient, account: NewAccount): Promise<void>
  }
  const client = await pool.connect()
  for (const end of ['ROLLBACK', 'COMMIT']) {
    await client.query('BEGIN')
    await addShop(issuer.auth, client, { email: `${end}@example.com`, username: end, password: PASSWORD })
    await client.query(end)
    const user = await issuer.auth.users.findByLogin(end)
    assert.equal(user !== undefined, end === 'COMMIT')
    const rows = await db.select().from(shops)
    assert.deepEqual(
      rows.map(({ owner }) => owner),
      user === undefined ? [] : [user.id],
    )
  }
  client.release()
  folder.remove()
  await issuer.close()
  await pool.end()
})
