import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { encodeBase64Url } from '../base/base64url.ts'
import { Refusal } from '../errors/refusal.ts'
import { generateSigningKey } from '../keys/signing-key.ts'
import { readAccessClaims } from './access-claims.ts'
import { rememberVerifiedTokens } from './verified-tokens.ts'

const key = generateSigningKey('EdDSA').verification

const read = readAccessClaims({ iss: 'i', aud: 'api', sub: 'u', client_id: 'c', jti: 'j', iat: 1, exp: 2 })

/** A token whose signature was found genuine; here nobody asks. */
function verified(payload: string, signature: Uint8Array = randomBytes(64)) {
  assert.ok(!(read instanceof Refusal))
  const text = `e30.${payload}.${encodeBase64Url(signature)}`
  const token = { trust: 'ours', text, key, header: {}, claims: read.claims, token: read }
  return { token, text, signature }
}

test('PROTOCOL 4: a token enters at its second sight, no more of them than the bytes hold', () => {
  const tokens = Array.from({ length: 400 }, () => verified('a'.repeat(300)))
  const remembered = (maxBytes: number, times: number): number => {
    const memory = rememberVerifiedTokens<string>(maxBytes)
    for (const { token, signature } of tokens)
      for (let time = 0; time < times; time++) memory.offer(token, signature)
    return tokens.filter(({ text }) => memory.find(text) !== undefined).length
  }
  const full = remembered(50_000, 2)
  assert.ok(full > 10 && full * 2 * 388 <= 50_000, `${full} of 388 characters`)
  assert.deepEqual([remembered(50_000, 1), remembered(0, 2)], [0, 0])
})

test('PROTOCOL 4.4: two texts with one end: the one that came first stays, and neither is taken for the other', () => {
  const memory = rememberVerifiedTokens<string>(1024 * 1024)
  const [first, second] = [verified('first'), verified('second')]
  const sameEnd = verified(
    'second',
    Buffer.concat([second.signature.subarray(0, 48), first.signature.subarray(48)]),
  )
  for (const { token, signature } of [first, first, sameEnd, sameEnd]) memory.offer(token, signature)
  assert.equal(memory.find(first.text)?.text, first.text)
  assert.equal(memory.find(sameEnd.text), undefined)
})
