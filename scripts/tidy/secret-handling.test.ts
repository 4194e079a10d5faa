import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findSecretHandling } from './secret-handling.ts'

const found = (line: string, path = 'src/login/x.ts') => findSecretHandling(path, line).length > 0

test('G-11: secrets are compared in constant time', () => {
  for (const line of [
    'if (row.secretHash === hash) return true',
    'return given.mac !== expected',
    'const same = password == stored',
    'if (x === client.secret) {',
    'return a.signature === b.signature',
    'if (tokenDigest !== wanted.tokenDigest) return',
  ]) {
    assert.ok(found(line), line)
  }
  for (const line of [
    "if (secret === '') return",
    'if (account.passwordHash === undefined) return',
    "typeof hash === 'string' ? hash : x",
    "digest: digest === 'sha256' ? 1 : 2",
    'equalInConstantTime(mac, expected)',
    '// a hash === another is a leak',
    'if (secret.length !== 32) return',
  ]) {
    assert.ok(!found(line), line)
  }
  assert.ok(!found('if (hash === other) return', 'src/login/x.test.ts'))
})

test('G-11: what must not be guessed comes from one random source of the system', () => {
  for (const line of [
    'const id = crypto.randomUUID()',
    'Math.random()',
    "import { randomBytes } from 'node:crypto'",
  ]) {
    assert.ok(found(line), line)
    assert.ok(!found(line, 'src/base/random.ts'), line)
  }
  assert.ok(found('timingSafeEqual(a, b)'))
})
