import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { Hono } from 'hono'
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
