import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemsOf } from '../../test/config/problems.ts'
import { systemRandom } from '../base/random.ts'
import { newSecretKey } from './secret-key.ts'
import { SETTING_NAMES, SETTINGS } from './settings.ts'

const key = newSecretKey(systemRandom)

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
  databaseListenUrl: ['', 'sqlite:a', 'http://a', 'postgres://u@/a?host=/tmp', 'postgres://a:1,b:2/c', 5],
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
