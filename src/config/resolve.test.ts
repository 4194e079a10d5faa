import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import type { Surroundings } from './agreement.ts'
import { ConfigError } from './config-error.ts'
import { checkOptions } from './resolve.ts'
import { newSecretKey } from './secret-key.ts'
import { SETTING_NAMES, SETTINGS } from './settings.ts'

const DEVELOPMENT: Surroundings = { nodeEnv: undefined, tlsRejectUnauthorized: undefined }
const PRODUCTION: Surroundings = { nodeEnv: 'production', tlsRejectUnauthorized: undefined }
const key = newSecretKey(systemRandom)

/** The problems of some options, each as `setting message`. */
function problemsOf(options: object, surroundings = DEVELOPMENT): string[] {
  try {
    checkOptions(options, surroundings)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    for (const problem of error.problems) assert.ok(error.message.includes(problem.message))
    return error.problems.map(({ setting, message }) => `${setting} ${message}`)
  }
}

/** Asserts that the options have exactly this one problem, beginning so. */
function refused(options: object, beginning: string, surroundings = DEVELOPMENT): void {
  const problems = problemsOf(options, surroundings)
  assert.equal(problems.length, 1, `${JSON.stringify(options)}: ${problems.join('\n')}`)
  assert.ok(problems[0]?.startsWith(beginning), `${JSON.stringify(options)}: ${problems[0]}`)
}

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

const WEBHOOK_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`

const no: Readonly<Record<string, readonly unknown[]>> = {
  host: [
    '',
    ' ',
    'a b',
    'http://127.0.0.1',
    '127.0.0.1:8000',
    '999.1.1.1',
    '127.0.0',
    '-a',
    5,
    null,
    'a'.repeat(254),
  ],
  port: [-1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '8000', null, [8000]],
  issuer: [
    ...[
      '',
      'localhost:8000',
      '//x',
      'ftp://localhost',
      'http://localhost?a',
      'http://localhost#a',
      'http://localhost#',
    ],
    ...[
      'http://user@localhost',
      'http://LOCALHOST',
      'http://localhost:80',
      'http://localhost/a/../b',
      ' http://localhost',
    ],
    ...['http://localhost/a b', 'http://localhost\n', 'javascript:alert(1)', 5, {}],
  ],
  audience: ['', ' ', 'a\nb', 'a\u0000', 'a'.repeat(513), [], ['a'], 5],
  secretKey: [
    '',
    'secret',
    [],
    [''],
    [key, key],
    `${key},${key}`,
    `${key},`,
    5,
    { key },
    [5],
    Array(11).fill(key),
  ],
  databaseUrl: ['', 'sqlite:', 'sqlite:///a.db', './a.db', 'mysql://a/b', 'postgres:a', 5, 'postgres://'],
  databaseListenUrl: ['', 'sqlite:a', 'http://a', 5],
  databaseConnections: [0, -1, 1001, 1.5, '16', null],
  databasePreparedStatements: ['false', 0, null],
  redisUrl: ['', 'http://a', 'redis:a', 5],
  jwtAlgorithm: ['none', 'None', 'es256', '', null, 'HS512'],
  jwtSecret: ['', 'secret', 5],
  keyRotationDays: [0, -1, 3651, 1.5, '90'],
  accessTokenExpireMinutes: [0, -1, 61, 1440, 1.5, '15'],
  refreshTokenExpireDays: [0, 366, '30'],
  refreshIdleDays: [0, 366],
  refreshReuseWindowSeconds: [-1, 61, null],
  onReuse: ['all', '', () => undefined],
  repeatElsewhere: ['refuse', true],
  registration: ['Open', true],
  verifiedEmailRequired: ['true', 1, null],
  passwordGrant: ['true', 1, null],
  requireSecondFactor: ['admin', ['a b'], [1], null],
  alertUrl: ['', 'a', 'https://', 'ftp://a/b', 'https:a', 5],
  smtpUrl: ['', 'http://a', 'smtp:a', 'mail.example.com', 5],
  mailFrom: [
    '',
    'nobody',
    'a@b@c',
    'A <a@example.com',
    'a@example.com\r\nBcc: b@example.com',
    'a,b@example.com',
    5,
  ],
  basicForPeople: ['true', 1, null],
  passwords: [8, null, [], { minimumLength: 7 }, { minimumLength: 65 }, { profile: 'none' }, { minimum: 9 }],
  scopes: [
    [],
    'a',
    null,
    { 'a b': 'c' },
    { 'a"': 'c' },
    { 'a\\': 'c' },
    { ä: 'c' },
    { '': 'c' },
    { a: '' },
    { a: 5 },
  ],
  roles: [
    [],
    null,
    { 'a b': { scopes: [] } },
    { a: [] },
    { a: {} },
    { a: { scopes: 'a' } },
    { a: { scopes: [5] } },
  ],
  defaultRoles: ['user', [5], ['a b'], null],
  trustedProxies: [
    -1,
    11,
    1.5,
    [],
    ['a'],
    ['1.2.3.4/33'],
    ['::/129'],
    ['1.2.3.4/'],
    ['1.2.3.4/8/8'],
    ['fe80::1%a'],
    '1',
  ],
  providers: [
    'google',
    [],
    { google: {} },
    { google: { clientId: 'a' } },
    { google: { clientId: '', clientSecret: 'b' } },
    { google: { clientId: 'a', clientSecret: ' ' } },
    { google: { clientId: 'a', clientSecret: 'b', issuer: 'https://a.example' } },
    { google: { clientId: 'a', clientSecret: 'b', trustMail: true } },
    { google: { clientId: 'a', clientSecret: 'b', privateNetwork: true } },
    { google: { clientId: 'a', clientSecret: 'b', tenant: '9188040d-6c67-4c5b-b112-36a304b66dad' } },
    { microsoft: { clientId: 'a', clientSecret: 'b' } },
    { microsoft: { clientId: 'a', clientSecret: 'b', tenant: 'common' } },
    { apple: { clientId: 'a', clientSecret: 'b' } },
    { apple: { clientId: 'a', teamId: 'b', keyId: 'c', privateKey: 'not a key' } },
    { work: { clientId: 'a', clientSecret: 'b', name: 'Work' } },
    { work: { clientId: 'a', clientSecret: 'b', issuer: 'https://a.example' } },
    { work: { clientId: 'a', clientSecret: 'b', name: 'Work', issuer: 'http://a.example' } },
    { work: { clientId: 'a', clientSecret: 'b', name: 'Work', issuer: 'https://a.example/?b' } },
    {
      work: {
        clientId: 'a',
        clientSecret: 'b',
        name: 'Work',
        issuer: 'https://a.example',
        idTokenAlgorithm: 'none',
      },
    },
    { 'Work!': { clientId: 'a', clientSecret: 'b', name: 'Work', issuer: 'https://a.example' } },
    { '../x': { clientId: 'a', clientSecret: 'b', name: 'Work', issuer: 'https://a.example' } },
  ],
  rateLimits: ['never', true],
  firstPartyRedirectUris: [
    'https://app.example.com/callback',
    ['/callback'],
    ['http://app.example.com/callback'],
    ['https://app.example.com/*'],
    ['https://app.example.com/callback#part'],
    ['javascript:alert(1)'],
  ],
  corsOrigins: [
    ['*'],
    ['https://a.example/'],
    ['https://a.example/b'],
    ['a.example'],
    ['null'],
    'https://a.example',
    [5],
  ],
  docs: [true, 'yes'],
  webhooks: [
    'https://a.example',
    [{}],
    [{ url: 'https://a.example' }],
    [{ url: 'http://a.example', secret: WEBHOOK_SECRET }],
    [{ url: 'https://u:p@a.example', secret: WEBHOOK_SECRET }],
    [{ url: 'https://a.example', secret: 'whsec_c2hvcnQ=' }],
    [{ url: 'https://a.example', secret: WEBHOOK_SECRET.slice(6) }],
    [{ url: 'https://a.example', secret: WEBHOOK_SECRET, events: ['user.flew'] }],
    [
      { url: 'https://a.example', secret: WEBHOOK_SECRET },
      { url: 'https://a.example', secret: WEBHOOK_SECRET },
    ],
  ],
  metrics: [true],
  logLevel: ['verbose', ''],
  pages: ['yes', true, ''],
  brandName: ['', '  ', 'two\nlines', 'x'.repeat(61)],
  brandColour: ['blue', '#fff', '#12345g', 'url(x)', '#1f4f8f;}'],
  brandLogo: ['', './nothing.svg', 'package.json', '.', 'README.md\0.svg'],
  eventRetentionDays: [1, 3651, '30'],
  maxStalenessSeconds: [0, 301],
  staleness: ['off', false],
  sessionIdleMinutes: [0, 10_081, 1.5, '30'],
  sessionHours: [0, 721, '12'],
  adminSessionIdleMinutes: [0, 10_081],
  adminSessionHours: [0, 721],
}

test('every setting has values that are refused', () => {
  assert.deepEqual(Object.keys(no).sort(), [...SETTING_NAMES].sort())
})

for (const [name, values] of Object.entries(no)) {
  test(`${name}: what will not do is refused, and named`, () => {
    for (const value of values) {
      const problems = problemsOf({ [name]: value })
      assert.notDeepEqual(problems, [], `${name}: ${JSON.stringify(value)}`)
      for (const problem of problems)
        assert.ok(problem.startsWith(name), `${JSON.stringify(value)}: ${problem}`)
      for (const problem of problems) assert.doesNotMatch(problem, /invalid|expected|received/i)
    }
  })
}

test('A15: no problem repeats the value of a secret', () => {
  const canary = 'canary-value-of-a-secret'
  for (const name of ['secretKey', 'jwtSecret', 'databaseUrl', 'databaseListenUrl', 'redisUrl'] as const) {
    assert.ok(SETTINGS[name].secret)
    for (const value of [canary, [canary], { canary }, `http://u:${canary}@h`]) {
      const problems = problemsOf({ [name]: value })
      assert.notDeepEqual(problems, [])
      assert.ok(!problems.join().includes(canary), problems.join())
    }
  }
  for (const options of [
    { webhooks: [{ url: 'https://a.example', secret: canary }] },
    { webhooks: [{ url: `http://u:${canary}@a.example`, secret: WEBHOOK_SECRET }] },
    { webhooks: canary },
    { providers: { google: canary } },
    { providers: { google: { clientId: 'a', clientSecret: { canary } } } },
    { providers: { apple: { clientId: 'a', teamId: 'b', keyId: 'c', privateKey: canary } } },
    { issuer: `https://u:${canary}@a.example` },
    { corsOrigins: [`https://u:${canary}@a.example`] },
  ]) {
    const problems = problemsOf(options)
    assert.notDeepEqual(problems, [])
    assert.ok(!problems.join().includes(canary), problems.join())
  }
})

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

test('settings that contradict each other are refused', () => {
  refused({ port: 0 }, 'issuer must be set where PORT is 0')
  refused({ databaseListenUrl: 'postgres://localhost/x' }, 'databaseListenUrl is only for PostgreSQL')
  refused({ databaseConnections: 8 }, 'databaseConnections is only for PostgreSQL')
  refused({ databasePreparedStatements: false }, 'databasePreparedStatements is only for PostgreSQL')
  refused({ refreshIdleDays: 10, refreshTokenExpireDays: 5 }, 'refreshIdleDays cannot be more than')
  refused(
    { passwords: { profile: 'nist', minimumLength: 14 } },
    'passwords.minimumLength must be at least 15',
  )
  refused({ roles: { a: { scopes: ['ghost'] } } }, 'roles gives `a` the scope `ghost`')
  refused({ roles: { a: { scopes: ['toString'] } } }, 'roles gives `a` the scope `toString`')
  refused({ defaultRoles: ['ghost'] }, 'defaultRoles names `ghost`')
  refused({ defaultRoles: ['constructor'] }, 'defaultRoles names `constructor`')
  refused({ defaultRoles: ['admin'] }, 'defaultRoles would make everybody who registers an administrator')
  for (const options of [
    { roles: { boss: { scopes: ['admin:users'] } }, defaultRoles: ['boss'] },
    { roles: { user: { scopes: ['profile:read', 'admin:keys'] } } },
  ])
    refused(options, 'defaultRoles would make everybody who registers an administrator')
  refused({ sessionIdleMinutes: 121, sessionHours: 2 }, 'sessionIdleMinutes cannot be more than sessionHours')
  refused({ sessionIdleMinutes: 1440 }, 'sessionIdleMinutes cannot be more than sessionHours, which is 12')
  refused({ adminSessionIdleMinutes: 481 }, 'adminSessionIdleMinutes cannot be more than adminSessionHours')
  assert.deepEqual(problemsOf({ sessionIdleMinutes: 120, sessionHours: 2 }), [])
})

test('G-8: an issuer outside loopback uses https', () => {
  for (const surroundings of [DEVELOPMENT, PRODUCTION]) {
    refused({ issuer: 'http://auth.example.com', secretKey: key }, 'issuer must use https', surroundings)
    refused({ issuer: 'http://192.168.1.5:8000', secretKey: key }, 'issuer must use https', surroundings)
    refused({ host: '0.0.0.0', secretKey: key }, 'issuer must use https outside loopback', surroundings)
    assert.deepEqual(problemsOf({ issuer: 'https://auth.example.com', secretKey: key }, surroundings), [])
  }
})

test('A15: production asks for a key, wherever it follows from', () => {
  const asked = 'secretKey is required in production'
  refused({}, `${asked} (NODE_ENV is production): hand over what`, PRODUCTION)
  refused({ issuer: 'https://auth.example.com' }, `${asked} (the issuer is https://auth.example.com): hand`)
  refused({ host: '0.0.0.0', issuer: 'http://localhost' }, `${asked} (HOST is 0.0.0.0): hand over what`)
  refused({ secretKey: '' }, 'secretKey is empty', PRODUCTION)
  assert.deepEqual(problemsOf({ secretKey: key }, PRODUCTION), [])
})

test('G-8: production refuses a process that believes every certificate', () => {
  const careless = { ...PRODUCTION, tlsRejectUnauthorized: '0' }
  refused({ secretKey: key }, 'NODE_TLS_REJECT_UNAUTHORIZED is 0', careless)
  assert.deepEqual(problemsOf({ secretKey: key }, { ...careless, tlsRejectUnauthorized: '1' }), [])
  assert.deepEqual(problemsOf({}, { ...careless, nodeEnv: undefined }), [])
})
