import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardedClock } from '../base/clock.ts'
import { Refusal } from '../errors/refusal.ts'
import { readBearer } from '../guard/credentials/bearer.ts'
import { decide } from '../guard/decide.ts'
import { generateSigningKey } from '../keys/signing-key.ts'
import { createAccessReader } from '../tokens/read-access.ts'
import { compose, type Material } from './idea.ts'
import { ideas } from './index.ts'
import { nearNames } from './near-names.ts'

const ISSUER = 'https://auth.example.com'
const clock = guardedClock()
const key = generateSigningKey('ES256')
const reader = createAccessReader({
  issuer: ISSUER,
  audience: ISSUER,
  keys: (kid) => (kid === key.kid ? key.verification : undefined),
  clock,
  maxLifetimeSeconds: 900,
})

const requirement = { scopes: ['orders:read', 'orders:write'], roles: ['admin'], freshWithinSeconds: 300 }
const nowSeconds = Math.floor(clock.now() / 1000)
const claims = {
  iss: ISSUER,
  aud: ISSUER,
  sub: 'alice',
  client_id: 'shop',
  jti: 'one',
  iat: nowSeconds,
  exp: nowSeconds + 300,
  auth_time: nowSeconds,
  scope: 'orders:read orders:write',
  roles: ['admin'],
}
const sign: Material['sign'] = (content, header) =>
  compose({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header }, content, (input) => key.sign(input))
const genuine = sign(claims)
const material: Material = {
  nowSeconds,
  claims,
  sign,
  genuine,
  publicKeys: [key.publicJwk],
  requirement,
}

/** What a guard of ours says: nothing, or the status of its refusal. */
function verdict(authorization: string): 200 | 401 | 403 | 'stale' {
  const text = readBearer(authorization)
  if (text === undefined || text instanceof Refusal) return 401
  const token = reader.read(text)
  if (token instanceof Refusal) return 401
  const { scopes, roles } = token
  const principal = { scopes, roles, via: 'bearer', authTime: token.claims.auth_time }
  const refused = decide(principal as never, requirement, clock)
  if (refused === undefined) return 200
  return refused.code === 'REAUTHENTICATION_REQUIRED' ? 'stale' : 403
}

test('the token that all of them start from is let in', () => {
  assert.equal(verdict(`Bearer ${genuine}`), 200)
})

for (const idea of ideas) {
  test(`${idea.name}: every spelling of ${idea.what} is refused by a guard of ours`, () => {
    const made = idea.make(material)
    assert.ok(made.length > 0)
    const spellings = made.map(({ spelling }) => spelling)
    assert.equal(new Set(spellings).size, spellings.length, 'spellings are told apart')
    for (const { spelling, authorization } of made) {
      const expected = idea.name === 'stale-sign-in' ? 'stale' : idea.answer
      assert.equal(verdict(authorization), expected, spelling)
      assert.notEqual(authorization, `Bearer ${genuine}`, `${spelling} changes something`)
    }
  })
}

test('an idea makes nothing of what it is not given, and says what it wants', () => {
  const nothing: Material = { nowSeconds, claims }
  for (const idea of ideas) {
    if (idea.requires.length > 0)
      assert.deepEqual(idea.make({ ...nothing, genuine: undefined }).filter(isWhole), [])
    else assert.ok(idea.make(nothing).length > 0, idea.name)
  }
})

/** Without a token to start from, what is left is no token either. */
function isWhole({ authorization }: { authorization: string }): boolean {
  return authorization.length > 'Bearer ..'.length + 100
}

test('G-3: near names are like a name and never the name', () => {
  for (const name of ['orders:read', 'admin', 'a', 'A:B', 'x.y']) {
    const near = nearNames(name)
    assert.ok(near.length >= 5)
    assert.ok(!near.includes(name) && !near.includes(''))
  }
})
