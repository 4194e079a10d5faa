import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuth } from '../../src/index.ts'
import { claimsOf, handClock, ISSUER, PASSWORD } from './issuer.ts'

test('code of our own gets a token for no account that is disabled or gone', async () => {
  const auth = createAuth({ databaseUrl: 'sqlite::memory:', issuer: ISSUER })
  const { id: userId } = await auth.users.create({ email: 'ann@example.com', password: PASSWORD })
  await auth.tokens.issue({ userId })
  await auth.users.disable(userId)
  await assert.rejects(auth.tokens.issue({ userId }), { code: 'USER_DISABLED' })
  await auth.users.enable(userId)
  await auth.tokens.issue({ userId })
  await assert.rejects(auth.tokens.issue({ userId: crypto.randomUUID() }), { code: 'NOT_FOUND' })
  await auth.close()
})

test('within a principal a token holds no role, scope or second more, and never what the user has lost', async () => {
  const clock = handClock()
  const auth = createAuth({ databaseUrl: 'sqlite::memory:', issuer: ISSUER, clock })
  const [ann, bob] = await Promise.all(
    ['ann', 'bob'].map((name) =>
      auth.users.create({ email: `${name}@example.com`, password: PASSWORD, roles: ['admin', 'user'] }),
    ),
  )
  const within = {
    id: String(ann?.id),
    roles: ['user', 'root'],
    scopes: ['profile:read', 'admin:everything'],
    sessionId: undefined,
    amr: ['pwd'],
    authTime: 1,
    expiresAt: Math.floor(clock.now() / 1000) + 20,
  }
  const issue = async (more: object = {}, userId = within.id) => {
    const { access_token } = await auth.tokens.issue({ userId, within: { ...within, ...more } })
    return claimsOf(access_token)
  }
  const { roles, scope, amr, auth_time, exp, iat, sid } = await issue()
  assert.deepEqual(
    { roles, scope, amr, auth_time, sid },
    { roles: ['user'], scope: 'profile:read', amr: ['pwd'], auth_time: 1, sid: undefined },
  )
  assert.ok(Number(exp) - Number(iat) <= 20)
  assert.deepEqual((await issue({ roles: [], scopes: [] })).roles, [])
  await assert.rejects(issue({}, bob?.id), TypeError)
  await auth.users.setRoles(within.id, [])
  const later = await issue({ roles: ['admin', 'user'] })
  assert.deepEqual([later.roles, later.scope], [[], ''])
  await auth.close()
})
