import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reviewStanding, type Standing } from './standing.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-23T08:00:00Z')

const HEALTHY: Standing = {
  accounts: 10,
  operators: 2,
  operatorsWithoutFactor: 0,
  olderHashes: {},
  apiKeys: 1,
  unusedApiKeys: 0,
  lastApiKeyEnd: NOW + 300 * DAY,
  sessions: 4,
  lastSessionEnd: NOW + 30 * DAY,
  sessionsOfDisabled: 0,
  now: NOW,
  keys: [
    {
      kid: 'k1',
      use: 'access',
      algorithm: 'ES256',
      phase: 'active',
      since: NOW - 60 * DAY,
      next: undefined,
      secretKey: 'aa',
    },
  ],
  clients: [
    { id: 'web', redirectUris: ['https://app.example.com/callback'], requirePkce: true, state: 'active' },
    { id: 'cli', redirectUris: ['http://127.0.0.1/callback'], requirePkce: true, state: 'active' },
  ],
  secretKeys: ['aa'],
  secretKeyUses: { aa: 5 },
  deadDeliveries: 0,
  reusedSessions: 0,
  limits: { keyRotationDays: 90, refreshTokenExpireDays: 30 },
}
const [key] = HEALTHY.keys
const [web] = HEALTHY.clients
assert.ok(key !== undefined && web !== undefined)

test('of a healthy issuer nothing is said', () => {
  assert.deepEqual(reviewStanding(HEALTHY), [])
  const early = { ...HEALTHY, keys: [{ ...key, phase: 'retiring' as const, since: NOW - 200 * DAY }] }
  assert.deepEqual(reviewStanding(early), [])
})

const STATES: readonly (readonly [string, Partial<Standing>, 'risk' | 'note', RegExp])[] = [
  [
    'operators without a second factor',
    { operatorsWithoutFactor: 1 },
    'risk',
    /1 of 2 accounts[\s\S]*REQUIRE_SECOND_FACTOR/,
  ],
  [
    'imported hashes',
    { olderHashes: { $2b: 3, '': 1 } },
    'note',
    /3 by \$2b, 1 by a format of another system, of 10/,
  ],
  ['hashes of SHA-1', { olderHashes: { pbkdf2_sha1: 3 } }, 'risk', /SHA-1: 3 by pbkdf2_sha1/],
  ['keys that nobody uses', { unusedApiKeys: 1 }, 'risk', /1 of 1 live API keys/],
  ['a key that lives for years', { lastApiKeyEnd: NOW + 3000 * DAY }, 'risk', /another 3000 days/],
  ['sessions of disabled accounts', { sessionsOfDisabled: 2 }, 'risk', /2 sessions of disabled accounts/],
  ['sessions older than the setting', { lastSessionEnd: NOW + 90 * DAY }, 'note', /up to 90 more days/],
  [
    'a wildcard',
    { clients: [{ ...web, redirectUris: ['https://*.example.com/'] }] },
    'risk',
    /web[\s\S]*wildcard/,
  ],
  ['plain http', { clients: [{ ...web, redirectUris: ['http://example.com/'] }] }, 'risk', /must be https/i],
  ['no PKCE', { clients: [{ ...web, requirePkce: false }] }, 'note', /clients update web --pkce/],
  [
    'a key past its day',
    { keys: [{ ...key, since: NOW - 95 * DAY }] },
    'risk',
    /k1[\s\S]*95 days[\s\S]*is 90/,
  ],
  ['a lost SECRET_KEY', { secretKeyUses: { aa: 1, bb: 7 } }, 'risk', /7 sessions or signing keys name bb/],
  ['a spare SECRET_KEY', { secretKeys: ['aa', 'bb'] }, 'note', /Nothing names bb any more/],
  ['reuse', { reusedSessions: 2 }, 'risk', /2 sessions ended within a week/],
  ['webhooks given up', { deadDeliveries: 3 }, 'risk', /3 webhooks were given up/],
]
for (const [what, change, kind, said] of STATES) {
  test(`${what}: a ${kind}, with what to do`, () => {
    const notes = reviewStanding({ ...HEALTHY, ...change })
    assert.equal(notes.length, 1)
    const [note] = notes
    assert.equal(note?.kind, kind)
    assert.match(`${note?.what}\n${note?.fix}`, said)
  })
}

test('a disabled client is left out', () => {
  const clients = [{ ...web, redirectUris: ['https://*.example.com/'], state: 'disabled' as const }]
  assert.deepEqual(reviewStanding({ ...HEALTHY, clients }), [])
})
