import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { patient, startPlace } from '../store/postgres-place.ts'
import { claimsOf, PASSWORD, startIssuer } from './issuer.ts'

const place = await startPlace()
after(() => place.stop())

/** An application with its own pool and table, and the issuer on the same pool. */
async function startShop() {
  const pool = new pg.Pool({ connectionString: await place.newUrl(), max: 8 })
  await pool.query('CREATE TABLE shops (owner uuid PRIMARY KEY, name text NOT NULL)')
  const issuer = await startIssuer({ store: patient({ pool }) })
  return {
    pool,
    issuer,
    shops: async () => (await pool.query('SELECT owner, name FROM shops ORDER BY name')).rows,
    async close() {
      await issuer.close()
      await pool.end()
    },
  }
}

const account = (username: string) => ({ email: `${username}@example.com`, username, password: PASSWORD })

test('an account, its event and a row of the application are one commit, on the pool of the application', async () => {
  const { pool, issuer, shops, close } = await startShop()
  const client = await pool.connect()
  await client.query('BEGIN')
  const inside = issuer.auth.withTransaction(client)
  const { id } = await inside.users.create(account('alice'))
  await inside.events.record({ userId: id, data: { what: 'shop opened' } })
  await client.query('INSERT INTO shops VALUES ($1, $2)', [id, 'Alice’s'])
  assert.equal(await issuer.auth.users.find(id), undefined, 'nobody else sees it yet')
  assert.equal((await issuer.signIn('alice')).status, 400)
  await client.query('COMMIT')
  client.release()
  await inside.committed()

  assert.deepEqual(await shops(), [{ owner: id, name: 'Alice’s' }])
  assert.equal((await issuer.signIn('alice')).status, 200)
  const events = await issuer.auth.events.list({ userId: id, limit: 9 })
  assert.deepEqual(
    events.map(({ name }) => name),
    ['session.started', 'application.recorded', 'user.created'],
  )
  await close()
})

test('what is rolled back leaves nothing: no account, no event, no row', async () => {
  const { pool, issuer, shops, close } = await startShop()
  const client = await pool.connect()
  await client.query('BEGIN')
  const inside = issuer.auth.withTransaction(client)
  const { id } = await inside.users.create(account('bob'))
  await client.query('INSERT INTO shops VALUES ($1, $2)', [id, 'Bob’s'])
  await assert.rejects(client.query('INSERT INTO shops VALUES ($1, $2)', [id, 'Bob’s']), { code: '23505' })
  await client.query('ROLLBACK')
  client.release()
  assert.deepEqual(await shops(), [])
  assert.equal(await issuer.auth.users.find(id), undefined)
  assert.deepEqual(await issuer.auth.events.list({ userId: id, limit: 9 }), [])
  await close()
})

test('a refused step says why and leaves the transaction usable', async () => {
  const { pool, issuer, shops, close } = await startShop()
  await issuer.signUp('carol')
  const client = await pool.connect()
  await client.query('BEGIN')
  const inside = issuer.auth.withTransaction(client)
  await assert.rejects(inside.users.create(account('carol')), { code: 'ACCOUNT_NAME_TAKEN' })
  await assert.rejects(inside.users.create({ ...account('dan'), password: 'short' }), {
    code: 'PASSWORD_REFUSED',
  })
  const { id } = await inside.users.create(account('dan'))
  await client.query('INSERT INTO shops VALUES ($1, $2)', [id, 'Dan’s'])
  await client.query('COMMIT')
  client.release()
  assert.equal((await shops()).length, 1)
  await close()
})

test('B7: an account closed in a transaction of the application ends at its commit, and not before', async () => {
  const { pool, issuer, close } = await startShop()
  const { access, refresh } = await issuer.signUp('erin')
  const id = String(claimsOf(access).sub)
  for (const end of ['ROLLBACK', 'COMMIT']) {
    const client = await pool.connect()
    await client.query('BEGIN')
    const inside = issuer.auth.withTransaction(client)
    await inside.users.disable(id)
    assert.equal((await issuer.me(access)).status, 200)
    await client.query(end)
    client.release()
    await inside.committed()
    assert.equal((await issuer.me(access)).status, end === 'COMMIT' ? 401 : 200)
  }
  assert.equal((await issuer.refresh(refresh)).status, 400)
  await close()
})

test('with SQLite there is no transaction to share, and that is said at once', async () => {
  const issuer = await startIssuer()
  assert.throws(() => issuer.auth.withTransaction({} as never), /only with PostgreSQL/)
  await issuer.close()
})
