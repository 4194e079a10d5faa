import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../errors/refusal.ts'
import { createSecretKeys } from '../keys/secret-keys.ts'
import { createRefreshTokens } from './refresh-token.ts'

test('B4: a refresh token is one of its issuer: another with the same secret takes it for a forgery', () => {
  const secretKeys = createSecretKeys(['s'.repeat(43)])
  const [own, staging] = ['https://auth.example.com', 'https://staging.example.com'].map((issuer) =>
    createRefreshTokens(issuer, secretKeys),
  )
  const token = {
    userId: '60dc3127-516b-43e8-8e04-99a9c602c6da',
    sessionId: '7c1784d1-120f-4eec-ac85-b3e831ff9e9a',
    generation: 3,
    keyId: secretKeys.writing.fingerprint,
    sessionSecret: Buffer.alloc(16, 7),
  }
  const text = own?.write(token) ?? ''
  assert.deepEqual(own?.read(text), token)
  const refused = staging?.read(text)
  assert.ok(refused instanceof Refusal)
  assert.deepEqual([refused.code, refused.details], ['REFRESH_TOKEN_INVALID', { why: 'mac' }])
})
