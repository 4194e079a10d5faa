import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { createAuth, credential, type OwnPrincipal } from '../../src/index.ts'
import { handClock, ISSUER, PASSWORD } from './issuer.ts'

const HOUR_SECONDS = 3600

function start(verify: (text: string) => OwnPrincipal | undefined | Promise<OwnPrincipal | undefined>) {
  const clock = handClock()
  const legacy = credential({ name: 'legacy', read: (request) => request.header('x-legacy'), verify })
  const auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    issuer: ISSUER,
    clock,
    credentials: [legacy],
  })
  const check = (access = auth.signedIn, headers: Record<string, string> = { 'x-legacy': 'alice' }) =>
    auth.check(new Request(`${ISSUER}/x`, { headers }), access)
  const statusOf = async (...given: Parameters<typeof check>) => {
    const checked = await check(...given)
    return checked.ok ? 200 : checked.response.status
  }
  return { auth, clock, check, statusOf, endsAt: Math.floor(clock.now() / 1000) + HOUR_SECONDS }
}

test('a credential of the application proves somebody, on its own routes and as `via` says', async () => {
  const { auth, clock, check, statusOf, endsAt } = start((text) =>
    text === 'alice'
      ? { id: 'alice', scopes: ['profile:read'], roles: ['user'], expiresAt: endsAt, authTime: endsAt - 3600 }
      : undefined,
  )
  const checked = await check()
  assert.ok(checked.ok)
  const { id, via, scopes, sessionId } = checked.principal
  assert.deepEqual(
    { id, via, scopes, sessionId },
    {
      id: 'alice',
      via: 'legacy',
      scopes: ['profile:read'],
      sessionId: undefined,
    },
  )
  assert.equal(await statusOf(auth.needs({ via: ['legacy'], freshWithinSeconds: 60 })), 200)
  assert.equal(await statusOf(auth.needs({ scopes: ['profile:read'] })), 200)
  assert.equal(await statusOf(auth.needs({ scopes: ['admin:users'] })), 403)
  assert.equal(await statusOf(auth.needs({ via: ['bearer', 'session'] })), 403)
  assert.equal(await statusOf(auth.signedIn, { 'x-legacy': 'bob' }), 401)
  assert.equal(await statusOf(auth.signedIn, {}), 401)

  const user = await auth.users.create({ email: 'a@example.com', password: PASSWORD })
  const { access_token } = await auth.tokens.issue({ userId: user.id })
  const authorization = `Bearer ${access_token}`
  assert.equal(await statusOf(auth.signedIn, { authorization }), 200)
  assert.equal(await statusOf(auth.signedIn, { authorization, 'x-legacy': 'alice' }), 401, 'F-9: two')

  clock.advance(HOUR_SECONDS * 1000)
  assert.equal(await statusOf(), 401, 'its time is over')
  await auth.close()
})

test('a promise of a library, which is none of ours, is waited for: a no refuses, and a failure too', async () => {
  const OtherPromise = runInNewContext('Promise') as PromiseConstructor
  for (const [said, status] of [
    [(expiresAt: number) => OtherPromise.resolve({ id: 'alice', expiresAt }), 200],
    [() => OtherPromise.resolve(undefined), 401],
    [() => OtherPromise.reject(new Error('broken')), 500],
  ] as const) {
    const { auth, statusOf, endsAt } = start(() => said(endsAt))
    assert.equal(await statusOf(), status)
    await auth.close()
  }
})

test('our own endpoints act on accounts, and take none of the application’s credentials', async () => {
  const { auth, endsAt } = start(() => ({ id: 'x', scopes: ['admin:users'], expiresAt: endsAt }))
  for (const path of ['/users/me', '/admin/users']) {
    const answer = await auth.fetch(new Request(ISSUER + path, { headers: { 'x-legacy': 'alice' } }))
    assert.equal(answer.status, 401, path)
  }
  await auth.close()
})

test('what goes wrong inside, or is no principal, refuses', async () => {
  const endless = { id: 'alice' } as unknown as OwnPrincipal
  const wrong: [string, () => OwnPrincipal | undefined | Promise<OwnPrincipal | undefined>][] = [
    ['throws', () => assert.fail('broken')],
    ['rejects', async () => assert.fail('broken')],
    ['no end', () => endless],
    ['no end, later', async () => endless],
    ['no id', () => ({ id: '', expiresAt: 9e9 })],
    ['true', () => true as unknown as OwnPrincipal],
    ['null', () => null as unknown as OwnPrincipal],
    ['not a number', () => ({ id: 'alice', expiresAt: Number.NaN })],
  ]
  for (const [name, verify] of wrong) {
    const { auth, statusOf } = start(verify)
    assert.equal(await statusOf(), 500, name)
    await auth.close()
  }
  const { auth, statusOf } = start(async () => undefined)
  assert.equal(await statusOf(), 401)
  await auth.close()
})

test('a name is one that `via` can hold, and nobody else has', () => {
  const read = () => undefined
  const verify = () => undefined
  for (const name of [
    '',
    'bearer',
    'session',
    'api-key',
    'basic',
    'ws-ticket',
    'Legacy',
    'a b',
    '1',
    'a'.repeat(41),
  ]) {
    assert.throws(() => credential({ name, read, verify }), TypeError, name)
  }
  assert.throws(() => credential({ name: 'x', read } as never), TypeError)
  assert.throws(() => credential({ name: 'x', verify } as never), TypeError)
  const one = credential({ name: 'x', read, verify })
  const options = { databaseUrl: 'sqlite::memory:', issuer: ISSUER }
  assert.throws(() => createAuth({ ...options, credentials: [one, one] }), /same name/)
  assert.throws(() => createAuth({ ...options, credentials: [{ ...one, name: 'bearer' }] }), TypeError)
})
