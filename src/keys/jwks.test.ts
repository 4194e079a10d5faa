import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../errors/auth-error.ts'
import { jwksOf, readJwks } from './jwks.ts'
import { generateSigningKey } from './signing-key.ts'

const first = generateSigningKey('ES256')
const second = generateSigningKey('EdDSA')

test('nodes with the same keys agree on the document, in whatever order they have them', () => {
  const keys = ['b', 'a', 'c'].map((kid) => ({ publicJwk: { ...first.publicJwk, kid } }))
  assert.deepEqual(
    jwksOf(keys).keys.map(({ kid }) => kid),
    ['a', 'b', 'c'],
  )
  assert.deepEqual(jwksOf(keys.toReversed()), jwksOf(keys))
})

test('a set of as many keys as are taken, and keys of other kinds between them, is read whole', () => {
  const strange = [
    null,
    7,
    'key',
    [],
    {},
    { kty: 'AKP', alg: 'ML-DSA-44', kid: 'pq', pub: 'x' },
    { ...first.publicJwk, kid: 'enc', use: 'enc' },
    { ...first.publicJwk, kid: 7 },
    { ...first.publicJwk, kid: '' },
    { ...first.privateJwk(), kid: 'private' },
    { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', kid: 'secret' },
    { ...second.publicJwk, kid: 'twice' },
    { ...first.publicJwk, kid: 'twice' },
    { ...first.publicJwk, kid: 'twice' },
  ]
  const good = Array.from({ length: 256 - strange.length }, (_, kid) => `${kid}`)
  const { keys, refused } = readJwks({
    keys: [...strange, ...good.map((kid) => ({ ...first.publicJwk, kid }))],
  })
  assert.deepEqual(
    keys.map(({ kid }) => kid),
    good,
  )
  const whyNot = new Map(refused.map(({ kid, why }) => [kid, why]))
  assert.deepEqual([...whyNot.keys()].sort(), ['', 'enc', 'pq', 'private', 'secret', 'twice'])
  assert.equal(whyNot.get('enc'), 'use is not sig')
  assert.equal(whyNot.get('twice'), 'two keys share this kid')
})

test('A3: a key without an algorithm is taken for the one that was configured, and never for another', () => {
  const { alg, ...anonymous } = first.publicJwk
  for (const [algorithm, isFound] of [
    ['ES256', true],
    ['ES384', false],
    ['RS256', false],
    [undefined, false],
  ] as const) {
    const { keys } = readJwks({ keys: [anonymous, second.publicJwk] }, algorithm)
    assert.deepEqual(
      keys.map((key) => key.algorithm),
      isFound ? [alg, 'EdDSA'] : ['EdDSA'],
    )
  }
})

test('more keys than anybody needs are none, and what is no set is said to be none', () => {
  const keys = Array.from({ length: 257 }, (_, kid) => ({ ...first.publicJwk, kid: `${kid}` }))
  for (const document of [{ keys }, { keys: {} }, {}, [], null, 'keys', undefined]) {
    assert.throws(() => readJwks(document), AuthError)
  }
})
