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
