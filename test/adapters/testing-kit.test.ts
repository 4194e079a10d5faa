import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { z } from 'zod'
import { guard, protect } from '../../src/fastify.ts'
import { protect as protectHono } from '../../src/hono.ts'
import { createAuth } from '../../src/index.ts'
import { expectEveryRouteGuarded, frozenClock, signInAs } from '../../src/testing.ts'

test('the kit: signed in as anyone in one line, time by hand, every route guarded', async () => {
  const clock = frozenClock()
  const auth = createAuth({ logLevel: 'silent', databaseUrl: 'sqlite::memory:', clock })
  const app = Fastify()
  protect(app, auth)
  app.get('/orders', guard(auth.signedIn), (request) => request.principal.id)
  app.get('/admin', guard(auth.needs({ roles: ['admin'] })), () => 'admin')
  await expectEveryRouteGuarded(app)

  const alice = await signInAs(auth, 'alice')
  const root = await signInAs(auth, 'root', { roles: ['admin'] })
  const narrow = await signInAs(auth, 'root', { scopes: [] })
  assert.equal(narrow.userId, root.userId, 'known already')
  const [bob, same] = await Promise.all(['bob', 'Bob'].map((login) => signInAs(auth, login)))
  assert.equal(same?.userId, bob?.userId, 'in tests that run together too')
  assert.equal((await signInAs(auth, 'bob@example.com')).userId, bob?.userId)
  assert.notEqual((await signInAs(auth, 'ann@example.org')).userId, bob?.userId)
  const statusOf = async (url: string, who?: { readonly headers: object }) =>
    (await app.inject({ url, headers: { ...who?.headers } })).statusCode
  assert.deepEqual(
    [
      await statusOf('/orders'),
      await statusOf('/orders', alice),
      await statusOf('/admin', alice),
      await statusOf('/admin', root),
    ],
    [401, 200, 403, 200],
  )
  assert.equal((await app.inject({ url: '/orders', headers: alice.headers })).body, alice.userId)
  clock.advance(16 * 60_000)
  assert.equal(await statusOf('/orders', alice), 401)
  assert.throws(() => clock.advance(-1), RangeError)
  await app.close()
  await auth.close()
})

test('the kit: a silent route fails the test by name, and so does an application without guards', async () => {
  const auth = createAuth({ logLevel: 'silent', databaseUrl: 'sqlite::memory:' })
  const app = new Hono()
  await assert.rejects(expectEveryRouteGuarded(app), /`protect` was not called/)
  protectHono(app, auth)
  await assert.rejects(expectEveryRouteGuarded(app), /no routes/)
  app.get('/silent', (c) => c.text('x'))
  await assert.rejects(expectEveryRouteGuarded(app), /1 of 1 routes have no access word:\n {2}GET \/silent/)
  await auth.close()
})

test('the kit: whatever the service asks of people, and however their time passes', async () => {
  const clock = frozenClock(new Date('2030-01-01T12:00:00Z'))
  const auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    clock,
    staleness: 'relaxed',
    passwords: { minimumLength: 64 },
    verifiedEmailRequired: true,
    requireSecondFactor: ['admin'],
    registration: 'closed',
    profile: z.strictObject({ company: z.string() }),
    claims: ({ profile, roles }) => ({
      company: profile.company,
      plan: roles.includes('admin') ? 'team' : 'free',
    }),
  })
  const claimsOf = async (who: { readonly headers: Record<string, string> }) => {
    const request = new Request('http://127.0.0.1:8000/', { headers: who.headers })
    const checked = await auth.check(request, auth.signedIn)
    return checked.ok ? checked.principal.claims : checked.response.status
  }
  const alice = await signInAs(auth, 'alice', { profile: { company: 'Mill' } })
  assert.deepEqual(await claimsOf(alice), { company: 'Mill', plan: 'free' })
  const root = await signInAs(auth, 'alice', {
    roles: ['admin'],
    profile: { company: 'Inn' },
    amr: ['pwd', 'otp', 'mfa'],
  })
  assert.deepEqual(await claimsOf(root), { company: 'Inn', plan: 'team' })
  for (const minutes of [1, 13]) {
    clock.advance(minutes * 60_000)
    assert.deepEqual(await claimsOf(root), { company: 'Inn', plan: 'team' }, `${minutes} minutes`)
  }
  await auth.sessions.endAll(root.userId)
  assert.equal(await claimsOf(root), 401, 'what ends is known at once')
  await assert.rejects(
    signInAs(auth, 'bob'),
    (error: Error) => 'code' in error && error.code === 'REQUEST_INVALID',
  )
  await auth.close()

  for (const start of [new Date('nonsense'), Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => frozenClock(start), RangeError)
  for (const milliseconds of [Number.NaN, '5' as never, Number.POSITIVE_INFINITY])
    assert.throws(() => clock.advance(milliseconds), RangeError)
})
