import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Refusal } from '../../src/errors/refusal.ts'
import { importPublicJwk, type VerificationKey } from '../../src/keys/verification-key.ts'
import { createAccessReader } from '../../src/tokens/read-access.ts'
import { keyLookup } from '../keys/key-lookup.ts'

interface Cases {
  readonly context: { readonly issuer: string; readonly audience: string; readonly now: number }
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] }
  readonly cases: readonly {
    readonly id: string
    readonly expect: string
    readonly token: string
    readonly why: string
  }[]
}

const { context, jwks, cases }: Cases = JSON.parse(
  readFileSync(new URL('../vectors/own/access-token-cases.json', import.meta.url), 'utf8'),
)

/** A key that cannot say its algorithm, or is for something else, never comes into the set (A3). */
function usableKeys(): VerificationKey[] {
  return jwks.keys.flatMap((jwk) => {
    try {
      return [importPublicJwk(jwk)]
    } catch {
      return []
    }
  })
}

function reader() {
  const now = context.now * 1000
  return createAccessReader({
    issuer: context.issuer,
    audience: context.audience,
    keys: keyLookup(usableKeys()),
    clock: { now: () => now, elapsed: () => 0 },
    maxLifetimeSeconds: 3600,
  })
}

test('A3: of the key set only keys that name their algorithm and are for signatures are taken', () => {
  assert.deepEqual(
    usableKeys()
      .map(({ kid }) => kid)
      .sort(),
    ['k-ec-1', 'k-ed-1', 'k-ed-2'],
  )
})

for (const { id, expect, token, why } of cases) {
  test(`A1, A2, A7-A14: ${id} (${why}) is ${expect}ed, seen for the first time and for the fourth`, () => {
    const { read } = reader()
    for (let time = 0; time < 4; time++) {
      const outcome = read(token)
      const refused = outcome instanceof Refusal
      assert.equal(refused ? 'reject' : 'accept', expect, refused ? outcome.code : '')
    }
  })
}

test('A20: a remembered signature answers for the very same text only', () => {
  const good = cases.find(({ id }) => id === 'valid-eddsa')?.token ?? ''
  const { read } = reader()
  for (let time = 0; time < 3; time++) assert.ok(!(read(good) instanceof Refusal))
  const [header, payload = '', signature] = good.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const other = Buffer.from(JSON.stringify({ ...claims, scope: 'admin' })).toString('base64url')
  for (const text of [
    `${header}.${other}.${signature}`,
    `${good} `,
    ` ${good}`,
    `${good}=`,
    good.slice(0, -1),
  ]) {
    assert.ok(read(text) instanceof Refusal, text.slice(-12))
  }
})

test('A14: what the reader hands out is frozen all the way down, and shared claims cannot be changed', () => {
  const token = reader().read(cases.find(({ id }) => id === 'valid-aud-array')?.token ?? '')
  assert.ok(!(token instanceof Refusal))
  assert.ok(Object.isFrozen(token.claims) && Object.isFrozen(token.scopes) && Object.isFrozen(token.roles))
})
