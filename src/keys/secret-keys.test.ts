import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { createSecretKeys } from './secret-keys.ts'
import { makeSigningKey } from './signing-key.ts'
import { signingSecretsOf } from './signing-secrets.ts'
import { openKey, resealKey, storeKey } from './stored-key.ts'

const [NEW, OLD] = ['n', 'o'].map((letter) => letter.repeat(43)) as [string, string]

test('G-13: the first secret that every live node reads is the one that writes, whatever stands before it', () => {
  const keys = createSecretKeys([NEW, OLD])
  const [newer = '', older = ''] = keys.fingerprints
  const writing = (...nodes: string[][]): string => {
    keys.noteReaders(nodes.map((secretKeys) => ({ secretKeys })))
    return keys.writing.fingerprint
  }
  assert.equal(keys.writing.fingerprint, newer, 'while nobody has been heard')
  assert.equal(writing([newer, older], [older]), older)
  assert.equal(writing([newer, older], [older, newer]), newer)
  assert.equal(writing([newer, older], ['of a stranger']), newer, 'none is read by all')
})

test('G-13: the same of the secrets of HS256, but that none signs which a live node cannot check', () => {
  const secrets = signingSecretsOf([NEW, OLD])
  const [newer = '', older = ''] = secrets.fingerprints
  const signing = (...nodes: string[][]): string | undefined => {
    secrets.noteReaders(nodes.map((signingSecrets) => ({ signingSecrets })))
    return secrets.signing()?.kid
  }
  assert.equal(signing([newer, older], [older]), older)
  assert.deepEqual(secrets.reveal(), { kid: older, secret: OLD }, 'what signs is what others need')
  assert.equal(signing([newer, older], [newer, older]), newer)
  assert.equal(signing([newer, older], []), undefined)
})

test('G-13: the private half of a key is stored encrypted for that key, and encrypted anew by another secret', async () => {
  const secretKeys = createSecretKeys([OLD, NEW])
  const [a, b] = [await makeSigningKey('ES256'), await makeSigningKey('ES256')]
  const place = { use: 'access', phase: 'next', now: 0 } as const
  const [first, second] = [a, b].map((key) => storeKey(key, place, { secretKeys, random: systemRandom }))
  assert.ok(first && second)
  assert.equal(openKey(first, secretKeys).kid, a.kid)
  assert.throws(() => openKey({ ...first, sealed: second.sealed }, secretKeys), {
    code: 'SIGNING_KEY_UNREADABLE',
  })

  const newer = createSecretKeys([NEW])
  assert.throws(() => openKey(first, newer), { code: 'SIGNING_KEY_UNREADABLE' })
  const anew = resealKey(first, newer.writing, secretKeys, systemRandom)
  assert.equal(openKey(anew, newer).kid, a.kid)
  const erased = { ...first, phase: 'revoked', sealed: '' } as const
  assert.equal(resealKey(erased, newer.writing, secretKeys, systemRandom), erased)
})
