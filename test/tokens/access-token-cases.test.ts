import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Refusal } from '../../src/errors/refusal.ts'
import { keyLookup } from '../../src/keys/key-lookup.ts'
import { importPublicJwk, type VerificationKey } from '../../src/keys/verification-key.ts'
import { createAccessReader } from '../../src/tokens/read-access.ts'
import { countOf } from '../counts.ts'

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

const seed = Number(process.env.COUNTERSIGN_SEED ?? Date.now() % 2 ** 31)
const count = countOf({ quick: 20_000, full: 200_000, long: 2_000_000 })

test(`A12: ${count} tokens that chance has changed: none accepted, nothing thrown (seed ${seed})`, () => {
  const { read } = reader()
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const good = cases.filter(({ expect }) => expect === 'accept').map(({ token }) => token)
  const alphabet = 'ABCxyz019-_.=+/ \n\u0000é{}":,'
  for (let index = 0; index < count; index++) {
    const token = good[random(good.length)] ?? ''
    const at = random(token.length)
    const letter = alphabet[random(alphabet.length)] ?? ''
    const changed = [
      token.slice(0, at) + letter + token.slice(at + 1),
      token.slice(0, at),
      token.slice(0, at) + letter + token.slice(at),
      token.slice(at) + token.slice(0, at),
    ][random(4)]
    if (changed === undefined || good.includes(changed)) continue
    assert.ok(read(changed) instanceof Refusal, changed)
  }
})
