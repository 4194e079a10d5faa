import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { Refusal } from '../errors/refusal.ts'
import { type ClaimMap, readByMap } from './claim-map.ts'

const PAYLOAD = {
  iss: 'https://id.test',
  aud: 'api',
  sub: 'u',
  client_id: 'app',
  iat: 1_800_000_000,
  exp: 1_800_000_600,
  jti: 'j',
}

const take = (map: ClaimMap, more: object = {}) => readByMap(map)({ ...PAYLOAD, ...more }, 'head.body')
const read = (map: ClaimMap, more?: object): Readonly<Record<string, unknown>> => {
  const token = take(map, more)
  assert.ok(!(token instanceof Refusal), token instanceof Refusal ? token.code : '')
  return token.claims
}
const codeOf = (map: ClaimMap, more?: object) => {
  const token = take(map, more)
  return token instanceof Refusal ? token.code : undefined
}

describe('claims by a map', () => {
  it('are those of RFC 9068 where it names none', () => {
    const claims = read({}, { scope: 'a b', roles: ['x'], sid: 's' })
    assert.deepEqual(
      ['sub', 'client_id', 'aud', 'scope', 'roles', 'sid', 'jti'].map((name) => claims[name]),
      ['u', 'app', 'api', 'a b', ['x'], 's', 'j'],
    )
  })

  it('are found at the end of a way, by own members alone; a dot is part of a name', () => {
    assert.deepEqual(read({ roles: ['realm', 'roles'] }, { realm: { roles: ['x'] } }).roles, ['x'])
    assert.equal(read({ audience: ['for', 'api'] }, { for: { api: 'orders' } }).aud, 'orders')
    assert.ok(!('roles' in read({})), 'what is not there is no claim')
    assert.equal(read({ sessionId: 'a.b' }, { 'a.b': 's', a: { b: 'other' } }).sid, 's')
    for (const roles of [
      ['realm', 'constructor', 'name'],
      ['constructor', 'name'],
      ['realm', 'roles', '0'],
      ['missing', 'roles'],
    ])
      assert.equal(read({ roles }, { realm: { roles: ['x'] } }).roles, undefined, roles.join('.'))
    assert.equal(codeOf({ subject: 'constructor' }), 'CLAIM_MISSING')
  })

  it('a list of scopes becomes one text, unless a name in it would become two', () => {
    assert.equal(read({ scope: 'scp' }, { scp: ['a', 'b'] }).scope, 'a b')
    for (const scp of [['a b'], ['a', ''], ['a', 7], ['a\tb']])
      assert.equal(codeOf({ scope: 'scp' }, { scp }), 'CLAIM_WRONG_TYPE', JSON.stringify(scp))
  })

  it('a client acts for itself where the claim has that value, and its own id is the subject then', () => {
    const map: ClaimMap = { clientId: 'azp', clientItself: ['gty', 'client-credentials'] }
    const more = { azp: 'job', sub: 'job@clients' }
    assert.equal(read(map, { ...more, gty: 'client-credentials' }).sub, 'job')
    assert.equal(read(map, { ...more, gty: 'password' }).sub, 'job@clients')
    assert.equal(read(map, more).sub, 'job@clients')
  })

  it('what is signed stands for an id that is not there, and a counter of theirs is none of ours', () => {
    const digest = createHash('sha256').update('head.body').digest('base64url')
    assert.equal(read({ tokenId: 'none' }).jti, digest)
    assert.equal(read({ tokenId: 'uti' }, { uti: 'v' }).jti, 'v')
    assert.equal(codeOf({ tokenId: 'uti' }), 'CLAIM_MISSING')
    assert.equal(read({}, { ver: '1.0' }).ver, undefined)
    assert.ok(Object.isFrozen(read({})))
  })
})
