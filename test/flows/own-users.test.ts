import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ForeignUser } from '../../src/index.ts'
import { PASSWORD, startIssuer } from './issuer.ts'

test('a user of the application’s own table is taken over at the first sign-in, and asked for only here from then on', async () => {
  let [finds, verifies] = [0, 0]
  const anna: ForeignUser = {
    email: 'anna@example.com',
    emailVerified: true,
    username: 'anna',
    roles: ['user'],
  }
  const issuer = await startIssuer({
    users: {
      async find(login) {
        finds += 1
        return ['anna', 'anna@example.com'].includes(login) ? anna : undefined
      },
      async verify(_, password) {
        verifies += 1
        return password === PASSWORD
      },
    },
  })
  assert.equal((await issuer.signIn('nobody')).status, 400)
  assert.equal((await issuer.signIn('anna', { password: 'not my password' })).status, 400)
  assert.equal(await issuer.auth.users.findByLogin('anna'), undefined, 'not before the password was right')
  assert.deepEqual([finds, verifies], [2, 1])

  const both = await Promise.all([issuer.signIn('anna'), issuer.signIn('anna@example.com')])
  assert.deepEqual(
    both.map(({ status }) => status),
    [200, 200],
    'two first sign-ins at once make one account',
  )
  const user = await issuer.auth.users.findByLogin('anna')
  assert.deepEqual([user?.email, user?.emailVerified, user?.roles], ['anna@example.com', true, ['user']])
  assert.match((await issuer.auth.users.passwordHashOf(user?.id ?? '')) ?? '', /^\$argon2id\$/)
  assert.equal((await issuer.auth.events.list({ name: 'user.taken_over', limit: 9 })).length, 1)

  const asked = finds
  assert.equal((await issuer.signIn('anna')).status, 200)
  assert.equal((await issuer.signIn('anna', { password: 'not my password' })).status, 400)
  assert.equal(finds, asked)
  await issuer.close()
})

test('a row of the application’s own table signs nobody in to an account that is there: its own password counts', async () => {
  const OLD = 'the old sentence of alice'
  const rows: Record<string, ForeignUser> = { alice: { email: 'alice@example.com', username: 'alice' } }
  const issuer = await startIssuer({
    users: { find: async (login) => rows[login], verify: async (_, password) => password === OLD },
  })
  assert.equal((await issuer.signIn('alice', { password: OLD })).status, 200, 'taken over')
  const alice = await issuer.auth.users.findByLogin('alice')
  assert.ok(alice !== undefined)
  await issuer.auth.users.setPassword(alice.id, PASSWORD)
  await issuer.auth.users.rename(alice.id, 'alice2')

  const thief = await issuer.signIn('alice', { password: OLD })
  assert.deepEqual([thief.status, thief.body.error], [400, 'invalid_grant'], 'old name and old password')
  rows.mallory = { email: 'alice@example.com', username: 'mallory' }
  const other = await issuer.signIn('mallory', { password: OLD })
  assert.deepEqual([other.status, other.body.error], [400, 'invalid_grant'], 'the address of another')
  assert.equal((await issuer.signIn('alice2')).status, 200)
  await issuer.close()
})

test('of many first sign-ins at once with the right password all succeed, and one makes the account', async () => {
  const row: ForeignUser = { email: 'berta@example.com', username: 'berta' }
  const issuer = await startIssuer({
    users: { find: async () => row, verify: async (_, password) => password === PASSWORD },
  })
  const answers = await Promise.all(
    ['berta', 'berta@example.com', 'BERTA', 'Berta@example.com'].map((name) => issuer.signIn(name)),
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  )
  assert.equal((await issuer.auth.events.list({ name: 'user.taken_over', limit: 9 })).length, 1)
  await issuer.close()
})
