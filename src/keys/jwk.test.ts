import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { AuthError } from '../errors/auth-error.ts'
import { readPublicJwk, thumbprint } from './jwk.ts'
import { generateSigningKey } from './signing-key.ts'

const ec = generateSigningKey('ES256')
const okp = generateSigningKey('EdDSA')
const rsa = generateSigningKey('RS256')

/** Why it is not taken; undefined if it is. */
function whyNot(jwk: unknown): string | undefined {
  try {
    readPublicJwk(jwk)
    return undefined
  } catch (error) {
    assert.ok(error instanceof AuthError && error.code === 'JWK_REFUSED', String(error))
    return String(error.refusal.details.why)
  }
}

test('A3: algorithm, type, curve and use of a key have to agree, and its numbers to be whole', () => {
  const { kid: _, ...anonymous } = ec.publicJwk
  for (const jwk of [ec.publicJwk, okp.publicJwk, rsa.publicJwk, anonymous]) {
    for (const more of [
      {},
      { use: undefined },
      { key_ops: ['verify'] },
      { key_ops: ['sign'] },
      { x5c: ['MIIC'], nbf: 1 },
    ]) {
      assert.equal(whyNot({ ...jwk, ...more }), undefined, JSON.stringify(more))
    }
  }
  for (const [jwk, part, why] of [
    [ec, { alg: undefined }, /alg/],
    [ec, { alg: 'HS256' }, /alg/],
    [ec, { alg: 'none' }, /alg/],
    [ec, { alg: 'constructor' }, /alg/],
    [ec, { kty: 'RSA' }, /kty/],
    [ec, { kty: undefined }, /kty/],
    [rsa, { kty: 'EC' }, /kty/],
    [rsa, { alg: 'ES256' }, /kty/],
    [ec, { crv: 'P-384' }, /crv/],
    [ec, { crv: undefined }, /crv/],
    [okp, { crv: 'X25519' }, /crv/],
    [ec, { use: 'enc' }, /use/],
    [ec, { use: 7 }, /use/],
    [ec, { key_ops: ['encrypt'] }, /key_ops/],
    [ec, { key_ops: [] }, /key_ops/],
    [ec, { key_ops: 'verify' }, /key_ops/],
    [ec, { x: undefined }, /x is/],
    [ec, { x: 'A'.repeat(46) }, /x is/],
    [okp, { x: 'AAAA' }, /x is/],
    [okp, { x: 7 }, /x is/],
    [ec, { y: undefined }, /y is/],
    [ec, { y: 'AAAA' }, /y is/],
    [rsa, { n: undefined }, /n is/],
    [rsa, { e: undefined }, /e is/],
    [ec, { kid: '' }, /kid/],
    [ec, { kid: 7 }, /kid/],
    [ec, { kid: null }, /kid/],
  ] as const) {
    assert.match(whyNot({ ...jwk.publicJwk, ...part }) ?? 'taken', why, JSON.stringify(part))
  }
  for (const other of [undefined, null, 7, 'key', [], [ec.publicJwk]])
    assert.match(whyNot(other) ?? '', /object/)
})

test('a key that shows its private half, or any part of it, is no key', () => {
  for (const key of [ec, okp, rsa]) assert.match(whyNot(key.privateJwk()) ?? '', /private/)
  for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
    for (const value of ['AAAA', '', null]) {
      assert.match(whyNot({ ...ec.publicJwk, [member]: value }) ?? '', /private/, member)
    }
  }
})

test('RFC 7638: a key without a name is named by its thumbprint, and by nothing else that it says', () => {
  const hash = (text: string) => createHash('sha256').update(text).digest('base64url')
  const members = (jwk: object, names: readonly string[]) =>
    JSON.stringify(Object.fromEntries(names.map((name) => [name, jwk[name as keyof typeof jwk]])))
  for (const [{ publicJwk }, names] of [
    [ec, ['crv', 'kty', 'x', 'y']],
    [okp, ['crv', 'kty', 'x']],
    [rsa, ['e', 'kty', 'n']],
  ] as const) {
    const { kid, ...anonymous } = publicJwk
    const print = hash(members(publicJwk, names))
    assert.equal(readPublicJwk({ ...anonymous, x5c: ['MIIC'] }).kid, print)
    assert.equal(readPublicJwk({ ...anonymous, kid: 'own' }).kid, 'own')
    assert.equal(kid, print)
  }
  assert.equal(thumbprint({ kty: 'oct', k: 'c2VjcmV0' }), hash('{"k":"c2VjcmV0","kty":"oct"}'))
})
