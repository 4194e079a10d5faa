import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, test } from 'node:test'
import { type Auth, createAuth } from '../../src/index.ts'
import { startRedis } from '../servers/redis.ts'
import { patient, run, startPlace } from '../store/postgres-place.ts'
import { claimsOf, handClock, ISSUER, SECRET_KEY, startIssuer, type TestIssuer } from './issuer.ts'
import { assertionClaims, JWT_BEARER, newKey, signAssertion } from './test-clients.ts'

const home = process.cwd()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-restore-'))
  process.chdir(folder)
})
afterEach(() => {
  process.chdir(home)
  rmSync(folder, { recursive: true })
})

const open = () => startIssuer({ databaseUrl: 'sqlite:./data/auth.db' })
const notStarted = (more = {}) =>
  createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite:./data/auth.db',
    secretKey: SECRET_KEY,
    issuer: ISSUER,
    ...more,
  }) as unknown as Auth

/** A whole backup, the write-ahead log included. */
function backUp(name: string): void {
  const database = new DatabaseSync('./data/auth.db')
  database.exec(`VACUUM INTO '${name}'`)
  database.close()
}
function putBack(name: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`./data/auth.db${end}`, { force: true })
  copyFileSync(name, './data/auth.db')
}

test('G-15, PROTOCOL 2.11: a restore revives neither revoked tokens, nor ended sessions, nor withdrawn signing keys', async () => {
  let issuer = await open()
  const alice = await issuer.signUp('alice')
  const bob = await issuer.signUp('bob')
  const { client } = await issuer.auth.clients.create({ name: 'A service' })
  const published = new Set((await issuer.auth.keys.list()).keys.map(({ kid }) => kid))
  backUp('before.db')
  await issuer.call('POST', '/logout', { token: alice.access })
  await issuer.auth.users.setPassword(String(claimsOf(bob.access).sub), 'another long sentence')
  await issuer.auth.clients.rotateSecret(client.id)
  await issuer.close()
  putBack('before.db')

  const report = await notStarted().declareRestored({ actor: { kind: 'operator' } })
  assert.ok(report.epoch > 0)
  assert.deepEqual(
    report.accounts.map(({ username }) => username),
    ['alice', 'bob'],
  )
  assert.deepEqual(
    report.clients.map(({ id }) => id),
    [client.id],
    'its secret may be one that was replaced since',
  )
  assert.equal(report.signingKeys.filter(({ use }) => use === 'access').length, 1)

  issuer = await open()
  for (const { access, refresh } of [alice, bob]) {
    assert.equal((await issuer.me(access)).status, 401)
    assert.equal((await issuer.refresh(refresh)).body.error, 'invalid_grant')
  }
  const keySet = (await issuer.call('GET', '/.well-known/jwks.json')).body.keys as { kid: string }[]
  const now = new Set(keySet.map(({ kid }) => kid))
  // Those for ID tokens are made when a server has run for a while.
  assert.ok(
    published.size > 0 && [...published].every((kid) => !now.has(kid)),
    'none of the backup is published',
  )
  for (const { kid } of report.signingKeys) assert.ok(now.has(kid), 'what signs is')
  const again = await issuer.signIn('alice')
  assert.equal(again.status, 200)
  assert.equal((await issuer.me(String(again.body.access_token))).status, 200)
  const names = (await issuer.auth.events.list({ limit: 99 })).map(({ name }) => name)
  for (const name of ['store.restored', 'key.revoked'] as const) assert.ok(names.includes(name))
  await issuer.close()
})

test('G-15, PROTOCOL 2.11: an API key of the backup is suspended until somebody confirms it', async () => {
  const first = await open()
  const { access } = await first.signUp('alice')
  const userId = String(claimsOf(access).sub)
  const { apiKey: key, text } = await first.auth.apiKeys.create({ userId, name: 'nightly export' })
  assert.equal((await first.me(text)).status, 200)
  backUp('before.db')
  await first.auth.apiKeys.revoke(userId, key.id)
  await first.close()
  putBack('before.db')
  await notStarted().declareRestored()

  const second = await open()
  assert.equal((await second.me(text)).status, 401, 'revoked since, or not: nobody here can tell')
  assert.equal(await second.auth.apiKeys.confirm(userId, key.id), true)
  assert.equal((await second.me(text)).status, 200)
  await second.close()
})

test('C9, PROTOCOL 2.11: an assertion that a client used up since the backup is not good again', async () => {
  const clock = handClock()
  const first = await startIssuer({ databaseUrl: 'sqlite:./data/auth.db', clock })
  const key = await newKey()
  const { client } = await first.auth.clients.create({
    name: 'A signer',
    authMethod: 'private_key_jwt',
    keys: [key.jwk],
  })
  const assertion = (more = {}) => {
    const now = Math.floor(clock.now() / 1000)
    return signAssertion({ ...assertionClaims(client.id, now), exp: now + 300, ...more }, key)
  }
  const ask = ({ call }: TestIssuer, client_assertion: string) => {
    const form = { grant_type: 'client_credentials', client_assertion_type: JWT_BEARER, client_assertion }
    return call('POST', '/token', { form })
  }
  backUp('before.db')
  const [dated, undated] = [await assertion(), await assertion({ iat: undefined })]
  for (const one of [dated, undated]) assert.equal((await ask(first, one)).status, 200)
  await first.close()
  putBack('before.db')
  clock.advance(60_000)
  await notStarted({ clock }).declareRestored()

  const second = await startIssuer({ databaseUrl: 'sqlite:./data/auth.db', clock })
  clock.advance(10_000)
  for (const one of [dated, undated]) assert.equal((await ask(second, one)).status, 401)
  assert.equal((await ask(second, await assertion())).status, 200, 'made since')
  clock.advance(310_000)
  assert.equal((await ask(second, await assertion({ iat: undefined }))).status, 200)
  await second.close()
})

test('G-15, PROTOCOL 2.11: a start that finds an older epoch than it remembers says so and refuses, until it is declared', async () => {
  const first = await open()
  await first.signUp('alice')
  backUp('before.db')
  await first.close()
  assert.equal(
    existsSync('./data/store-epochs.json'),
    false,
    'nothing to remember of a database never restored',
  )
  const { epoch } = await notStarted().declareRestored()
  assert.deepEqual(Object.values(JSON.parse(readFileSync('./data/store-epochs.json', 'utf8'))), [epoch])
  const second = await open()
  await second.close()

  putBack('before.db')
  const refused = notStarted()
  for (const _ of [1, 2]) await assert.rejects(refused.ready(), { code: 'STORE_BEHIND' })
  assert.equal((await refused.fetch(new Request(`${ISSUER}/users/me`))).status, 503)
  await refused.close()
  const declared = await notStarted().declareRestored()
  assert.ok(declared.epoch > epoch, 'above what was remembered, not only above the backup')
  const third = await open()
  assert.equal((await third.signIn('alice')).status, 200)
  await third.close()
})

test('G-15, PROTOCOL 2.11: on PostgreSQL the epoch is remembered in Redis, and a Redis that was emptied refuses nothing', async () => {
  const [place, redis] = await Promise.all([startPlace(), startRedis()])
  const url = await place.newUrl()
  const options = { store: patient({ url }), redisUrl: redis.url }
  const issuer = await startIssuer(options)
  const { access, refresh } = await issuer.signUp('alice')
  await issuer.close()
  const report = await notStarted({ store: patient({ url }), redisUrl: redis.url }).declareRestored()
  const reopened = await startIssuer({ store: patient({ url }), redisUrl: redis.url })
  assert.equal((await reopened.me(access)).status, 401)
  assert.equal((await reopened.refresh(refresh)).status, 400)
  assert.equal((await reopened.signIn('alice')).status, 200)
  await reopened.close()

  await run(url, `UPDATE countersign.store SET epoch = ${report.epoch - 1}`)
  const refused = notStarted({ store: patient({ url }), redisUrl: redis.url })
  await assert.rejects(refused.ready(), { code: 'STORE_BEHIND' })
  await refused.close()
  await redis.stop()
  const unaware = notStarted({ store: patient({ url }) })
  await unaware.ready()
  await unaware.close()
  await place.stop()
})
