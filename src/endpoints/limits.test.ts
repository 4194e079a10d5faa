import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Access } from '../model/access.ts'
import { rateOf } from '../model/rate.ts'
import { forwardAuth } from './forward-auth.ts'
import { FOR_ADMINS, SIGN_OUT } from './limits.ts'
import { pageRoutes } from './pages/routes.ts'
import { routes } from './routes.ts'

const table = [...routes, ...pageRoutes]

test('each route of both tables has a limit, or says why it has none', () => {
  assert.ok(table.length > 150)
  for (const { method, path, limit } of table) {
    const at = `${method} ${path}`
    // A row that somebody made without the types has none of both.
    assert.ok(limit !== undefined, at)
    const rate = rateOf(limit)
    if (rate !== undefined) assert.ok(rate.count >= 1 && rate.periodMilliseconds >= 1000, at)
    else if ('uncounted' in limit) assert.match(limit.uncounted, /^\w.{20,}$/, at)
  }
})

test('what changes something has a limit, but for signing out and for what takes a scope of admins', () => {
  const changing = table.filter(({ method }) => method !== 'GET')
  const without = changing.filter(({ limit }) => rateOf(limit) === undefined)
  const others = without.filter(({ limit }) => limit !== SIGN_OUT && limit !== FOR_ADMINS)
  const named = others.map(({ method, path }) => `${method} ${path}`)
  const forwarded = ['POST', 'PUT', 'PATCH', 'DELETE'].map((method) => `${method} ${forwardAuth.path}`)
  // The one reads by another method, the others ask for somebody else.
  assert.deepEqual(named, ['POST /userinfo', ...forwarded])
  for (const { path, limit, access } of table) {
    if (limit !== FOR_ADMINS) continue
    const { scopes = [], roles = [] } = Access.requirementOf(access) ?? {}
    assert.ok(scopes.some((scope) => scope.startsWith('admin:')) || roles.includes('admin'), path)
  }
})
