import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyone, needs, signedIn } from '../model/access.ts'
import { describeOwnRoutes } from './own-routes.ts'

const options = { issuer: 'https://example.com/auth', scopes: { 'orders:read': 'See your orders' } }

test('a word adds security and the refusals it can lead to', () => {
  const { operation } = describeOwnRoutes({ ...options, passwordGrant: true })
  assert.deepEqual(operation(anyone), { security: [], responses: {} })
  assert.deepEqual(operation(signedIn).security, [
    { password: [] },
    { bearer: [] },
    { apiKey: [] },
    { session: [] },
    { basic: [] },
  ])
  assert.deepEqual(Object.keys(operation(signedIn).responses), ['401'])
  const { security, responses } = operation(needs({ scopes: ['orders:read'] }))
  assert.deepEqual(security, [
    { password: ['orders:read'] },
    { bearer: [] },
    { apiKey: [] },
    { session: [] },
    { basic: [] },
  ])
  assert.deepEqual(Object.keys(responses), ['401', '403'])
  assert.deepEqual(operation(needs({ via: ['ws-ticket'] })).security, [{ ticket: [] }])
  assert.deepEqual(operation(needs({ via: ['basic'] })).security, [{ basic: [] }])
  assert.equal(responses['403']?.description, 'Not permitted: needs scope orders:read.')
})

test('the schemes name the token endpoint, and no password where there is none', () => {
  const { securitySchemes } = describeOwnRoutes({ ...options, passwordGrant: true })
  assert.match(JSON.stringify(securitySchemes), /"tokenUrl":"https:\/\/example\.com\/auth\/token"/)
  const without = describeOwnRoutes({ ...options, passwordGrant: false })
  assert.deepEqual(Object.keys(without.securitySchemes), ['bearer', 'apiKey', 'session', 'basic', 'ticket'])
  assert.deepEqual(without.operation(signedIn).security, [
    { bearer: [] },
    { apiKey: [] },
    { session: [] },
    { basic: [] },
  ])
})
