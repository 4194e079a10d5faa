import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { challengeFor } from './challenge.ts'
import { type Cause, catalogue } from './codes.ts'
import { Refusal } from './refusal.ts'

const causes = Object.keys(catalogue) as Cause[]

test('F-10: nothing was sent, so the challenge carries no error code', () => {
  assert.equal(challengeFor(new Refusal('HDR_MISSING')), 'Bearer')
  assert.equal(challengeFor(new Refusal('HDR_MISSING'), { realm: 'orders' }), 'Bearer realm="orders"')
  assert.equal(
    challengeFor(new Refusal('HDR_MISSING', { challenge: { scopes: ['orders:read', 'orders:write'] } })),
    'Bearer scope="orders:read orders:write"',
  )
})

test('F-10: a void credential is invalid_token, with the sentence of the client code', () => {
  for (const code of ['TOKEN_EXPIRED', 'HDR_LITERAL_UNDEFINED', 'SIG_WRONG_KEY', 'SESSION_ENDED'] as const) {
    assert.match(
      challengeFor(new Refusal(code)) ?? '',
      /^Bearer error="invalid_token", error_description="[^"]+"$/,
    )
  }
})

test('F-10: a missing scope is insufficient_scope, and the challenge names what is needed', () => {
  const refusal = new Refusal('SCOPE_MISSING', { challenge: { scopes: ['orders:write'] } })
  assert.match(challengeFor(refusal) ?? '', /^Bearer error="insufficient_scope", .+, scope="orders:write"$/)
})

test('a stale sign-in is asked to be repeated in the words of RFC 9470', () => {
  const refusal = new Refusal('REAUTHENTICATION_REQUIRED', {
    challenge: { maxAgeSeconds: 0, acrValues: ['mfa', 'phr'] },
  })
  const challenge = challengeFor(refusal) ?? ''
  assert.match(challenge, /^Bearer error="insufficient_user_authentication", error_description="[^"]+", /)
  assert.match(challenge, /, max_age="0", acr_values="mfa phr"$/)
})

test('F-10: every 401 at a route has a challenge, and nothing else but a missing permission has one', () => {
  for (const code of causes) {
    const { clientCode } = catalogue[code]
    const due = /^token_|^reauth|^insufficient|^invalid_grant$|^invalid_client$/.test(clientCode)
    assert.equal(challengeFor(new Refusal(code)) !== undefined, due, code)
  }
})

test('G-5: the challenge tells causes apart no further than client codes do', () => {
  const byClientCode = new Map<string, Set<string | undefined>>()
  for (const code of causes) {
    const { clientCode } = catalogue[code]
    byClientCode.set(
      clientCode,
      (byClientCode.get(clientCode) ?? new Set()).add(challengeFor(new Refusal(code))),
    )
  }
  for (const [clientCode, challenges] of byClientCode) assert.equal(challenges.size, 1, clientCode)
})

test('several schemes stand in the order they are wanted', () => {
  assert.equal(
    challengeFor(new Refusal('HDR_MISSING'), { realm: 'orders', schemes: ['Bearer', 'Basic'] }),
    'Bearer realm="orders", Basic realm="orders", charset="UTF-8"',
  )
})

test('the metadata of the resource is named where it is known', () => {
  const resourceMetadata = 'https://api.example/.well-known/oauth-protected-resource'
  assert.equal(
    challengeFor(new Refusal('HDR_MISSING'), { resourceMetadata }),
    `Bearer resource_metadata="${resourceMetadata}"`,
  )
})

test('G-7: no value can end its quotes or its line', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"', '\\"', '\r\nSet-Cookie: a=b', 'a", b="'),
  )
  fc.assert(
    fc.property(text, fc.array(text), fc.array(text), text, (realm, scopes, acrValues, resourceMetadata) => {
      const value = challengeFor(new Refusal('SCOPE_MISSING', { challenge: { scopes, acrValues } }), {
        realm,
        resourceMetadata,
        schemes: ['Bearer', 'Basic'],
      })
      const parameter = '[a-z_]+="[^"\\\\]*"'
      const list = `${parameter}(?:, ${parameter})*`
      assert.match(value ?? '', new RegExp(`^Bearer ${list}, Basic ${list}$`))
      assert.match(value ?? '', /^[\x20-\x7e]*$/)
      new Headers({ 'WWW-Authenticate': value ?? '' })
    }),
  )
})

test('a scope with a space in it is left out, so that it cannot pass for two', () => {
  const refusal = new Refusal('SCOPE_MISSING', { challenge: { scopes: ['admin everything', 'orders:read'] } })
  assert.match(challengeFor(refusal) ?? '', /scope="orders:read"$/)
})
