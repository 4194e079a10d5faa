import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStrictJsonText } from '../base/strict-json.ts'
import { Refusal } from '../errors/refusal.ts'
import type { AccessToken } from '../model/access-token.ts'
import { readAccessClaims } from './access-claims.ts'
import { shareValues } from './shared-values.ts'

const said = {
  iss: 'https://issuer.example',
  aud: ['https://api.example', 'https://other.example'],
  sub: 'alice',
  client_id: 'app',
  exp: 2,
  iat: 1,
  jti: 'one',
  ver: '1.2.3',
  scope: 'orders:read orders:write',
  roles: ['user', 'admin'],
  amr: ['pwd'],
  plan: { name: 'large' },
}

function tokenOf(claims: object): AccessToken {
  const payload = parseStrictJsonText(JSON.stringify(claims))
  assert.ok(typeof payload === 'object')
  const token = readAccessClaims(payload)
  assert.ok(!(token instanceof Refusal))
  return token
}

test('a token says the same with shared values, and nothing of it can be changed', () => {
  const { scope, roles, amr, ver, ...least } = said
  for (const claims of [said, least, { ...said, aud: 'https://api.example' }, { ...said, roles: [] }]) {
    const token = tokenOf(claims)
    const shared = shareValues()(token)
    assert.deepEqual(shared, token)
    assert.deepEqual(Object.keys(shared.claims), Object.keys(claims))
    assert.equal(shared.derived, token.derived)
    assert.ok(Object.isFrozen(shared) && Object.values({ ...shared, derived: undefined }).every(isFrozen))
  }
})

test('what two tokens say alike is one object, what they say apart is not', () => {
  const share = shareValues()
  const one = share(tokenOf(said))
  const two = share(tokenOf({ ...said, sub: 'bob', jti: 'two', roles: ['user,admin'], amr: ['pwd', 'otp'] }))
  assert.equal(one.claims.aud, two.claims.aud)
  assert.equal(one.scopes, two.scopes)
  assert.deepEqual([two.claims.sub, two.roles, two.amr], ['bob', ['user,admin'], ['pwd', 'otp']])
  assert.deepEqual([one.claims.sub, one.roles, one.amr], ['alice', ['user', 'admin'], ['pwd']])
})

test('a token that inherits nothing goes on inheriting nothing', () => {
  const claims = Object.freeze(Object.assign(Object.create(null), said))
  const shared = shareValues()({ ...tokenOf(said), claims })
  assert.equal(shared.claims, claims)
})

test('what comes after the first thousand is not shared: it does not grow without end', () => {
  const share = shareValues()
  for (let at = 0; at < 1000; at++) share(tokenOf({ ...said, roles: [`role-${at}`] }))
  const [one, two] = ['one', 'two'].map((jti) => share(tokenOf({ ...said, jti, roles: ['late'] })))
  assert.deepEqual(one?.roles, two?.roles)
  assert.notEqual(one?.roles, two?.roles)
})

function isFrozen(value: unknown): boolean {
  return (
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  )
}
