import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEVELOPMENT, problemsOf, refused } from '../../test/config/problems.ts'
import { systemRandom } from '../base/random.ts'
import { checkOptions } from './resolve.ts'
import { newSecretKey } from './secret-key.ts'
import { SETTING_NAMES } from './settings.ts'

const key = newSecretKey(systemRandom)

test('nothing has to be set in development', () => {
  const { settings, mode, origins } = checkOptions({}, DEVELOPMENT)
  assert.equal(mode, 'development')
  assert.equal(settings.issuer, 'http://127.0.0.1:8000')
  assert.equal(settings.audience, settings.issuer)
  assert.equal(settings.docs, 'open')
  assert.equal(settings.metrics, 'open')
  assert.equal(settings.accessTokenExpireMinutes, 15)
  assert.deepEqual(settings.defaultRoles, ['user'])
  assert.deepEqual(Object.keys(settings).sort(), [...SETTING_NAMES].sort())
  for (const name of SETTING_NAMES) assert.equal(origins[name], 'default')
  assert.ok(Object.isFrozen(settings))
})

test('defaults follow what is set', () => {
  assert.equal(checkOptions({ port: 9000 }, DEVELOPMENT).settings.issuer, 'http://127.0.0.1:9000')
  assert.equal(checkOptions({ host: '::1' }, DEVELOPMENT).settings.issuer, 'http://[::1]:8000')
  assert.equal(checkOptions({ host: 'localhost', port: 80 }, DEVELOPMENT).settings.issuer, 'http://localhost')
  assert.equal(checkOptions({ refreshTokenExpireDays: 3 }, DEVELOPMENT).settings.refreshIdleDays, 3)
  const { settings, mode } = checkOptions({ issuer: 'https://a.example', secretKey: key }, DEVELOPMENT)
  assert.equal(mode, 'production')
  assert.deepEqual(
    [settings.audience, settings.docs, settings.metrics],
    ['https://a.example', 'closed', 'closed'],
  )
  assert.equal(
    checkOptions({ passwords: { profile: 'nist' } }, DEVELOPMENT).settings.passwords.minimumLength,
    15,
  )
  assert.equal(checkOptions({ passwords: {} }, DEVELOPMENT).settings.passwords.minimumLength, 8)
})

test('an option that is undefined is not given', () => {
  assert.equal(
    checkOptions({ issuer: undefined, nonsense: undefined }, DEVELOPMENT).origins.issuer,
    'default',
  )
})

const yes: readonly object[] = [
  { host: '0.0.0.0', issuer: 'http://localhost:8000', secretKey: key },
  { host: 'auth_service-1.internal', issuer: 'https://auth.example.com/tenant', secretKey: key },
  { issuer: 'https://auth.example.com/', secretKey: [key, newSecretKey(systemRandom)] },
  { port: 0, issuer: 'http://127.0.0.1' },
  { databaseUrl: 'sqlite::memory:' },
  { databaseUrl: 'sqlite:/var/lib/countersign.db' },
  { trustedProxies: 0, corsOrigins: [], jwtAlgorithm: 'ES256' },
  {
    scopes: { 'orders:read': 'See your orders' },
    roles: { seller: { scopes: ['orders:read', 'admin:users'] } },
  },
  {
    providers: {
      google: { clientId: 'a', clientSecret: 'b', trustEmail: true },
      github: {
        clientId: 'a',
        clientSecret: 'b',
        issuer: 'https://github.example.com',
        privateNetwork: true,
        trustRecency: true,
      },
      microsoft: { clientId: 'a', clientSecret: 'b', tenant: '9188040d-6c67-4c5b-b112-36a304b66dad' },
      work: { clientId: 'a', clientSecret: 'b', name: 'Work', issuer: 'https://login.example.com/work' },
    },
  },
  { roles: { user: { scopes: [] } } },
  { roles: { buyer: { scopes: [] } }, defaultRoles: ['buyer'] },
  { defaultRoles: [] },
  { refreshReuseWindowSeconds: 0, maxStalenessSeconds: 1, staleness: 'relaxed', registration: 'closed' },
  {
    hooks: {},
    claims: () => ({}),
    store: {},
    users: {},
    profile: {},
    logger: {},
    onRefusal: () => undefined,
  },
]

for (const options of yes) {
  test(`will do: ${JSON.stringify(options).slice(0, 100)}`, () => assert.deepEqual(problemsOf(options), []))
}

test('a secret in code is a value, not a function', () => {
  refused({ secretKey: async () => key }, 'secretKey must be the value itself')
})

test('unknown options are refused, with the nearest one suggested', () => {
  refused({ isuer: 'http://localhost' }, 'isuer is not a setting; `issuer` is')
  refused({ hots: 'localhost' }, 'hots is not a setting; `host` is')
  refused({ SECRET_KEY: key }, 'SECRET_KEY is not a setting; `secretKey` is')
  refused(
    { access_token_expire_minutes: 5 },
    'access_token_expire_minutes is not a setting; `accessTokenExpireMinutes`',
  )
  refused({ hook: {} }, 'hook is not a setting; `hooks` is')
  refused({ secret: key }, 'secret is not a setting; `secretKey` is')
  refused({ cors: ['*'] }, 'cors is not a setting; `corsOrigins` is')
  refused({ brand: 'Acme' }, 'brand is not a setting')
  refused({ verifySignature: false }, 'verifySignature is not a setting')
  refused({ constructor: 1 }, 'constructor is not a setting')
  refused({ passwords: { minLength: 9 } }, 'passwords.minLength is not a setting')
  refused({ roles: { a: { scopes: [], scope: 1 } } }, 'roles.a.scope is not a setting')
})

test('all problems are listed at once', () => {
  const problems = problemsOf({
    port: 'x',
    hots: 1,
    jwtAlgorithm: 'none',
    secretKey: 'secret',
    defaultRoles: ['ghost'],
  })
  assert.deepEqual(problems.map((problem) => problem.split(' ')[0]).sort(), [
    'defaultRoles',
    'hots',
    'jwtAlgorithm',
    'port',
    'secretKey',
  ])
})
