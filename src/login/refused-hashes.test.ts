import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  argon2Text,
  bcrypt4,
  imported,
  keycloakText,
  PASSWORD,
  SALT,
  SHA256_64,
} from '../../test/login/stored-hashes.ts'
import { hashPassword, readStoredHash, verifyPassword } from './password-hash.ts'

test('E5: $2x$ and costs above the cap are refused, and no memory is promised to a row', () => {
  const digest = bcrypt4(PASSWORD).slice(7)
  const costly = [
    `$2b$15$${digest}`,
    `$2b$31$${digest}`,
    argon2Text('m=4194304,t=1,p=1'),
    argon2Text('m=262145,t=1,p=1'),
    argon2Text('m=19456,t=4294967295,p=1'),
    argon2Text('m=9999999999,t=9999999999,p=1'),
    argon2Text('m=19456,t=1,p=255'),
    '$scrypt$ln=22,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$hKGWL22WtdGfIbxEPAZ06BS2bWyYKuZIKvypfAlYOWk',
    '$scrypt$ln=52,r=9999,p=9999$AAECAwQFBgcICQoLDA0ODw$hKGWL22WtdGfIbxEPAZ06BS2bWyYKuZIKvypfAlYOWk',
    '$scrypt$ln=10,r=8,p=9999$AAECAwQFBgcICQoLDA0ODw$hKGWL22WtdGfIbxEPAZ06BS2bWyYKuZIKvypfAlYOWk',
    'pbkdf2_sha256$999999999$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=',
    keycloakText('pbkdf2-sha256', { value: SHA256_64, salt: SALT }, { hashIterations: 1e9 }),
    'AQAAAAH/////AAAAEAABAgMEBQYHCAkKCwwNDg8CFp5nTYDA/HKS6GEMjxe+FA3wYq+aoz6oXqq+z/3wjQ==',
  ]
  for (const stored of costly) assert.equal(readStoredHash(stored), 'cost_too_high', stored.slice(0, 40))
  assert.equal(readStoredHash(`$2x$05$${digest}`), 'format_refused')
})

test('a hash that cannot be read is a wrong password with a reason, never an error', () => {
  const malformed = [
    ...[
      '$2b$',
      '$2b$03$',
      `$2c$05$${'a'.repeat(53)}`,
      `$2b$03$${'a'.repeat(53)}`,
      `$2b$10$${'a'.repeat(54)}`,
    ],
    ...[
      '$argon2id$',
      argon2Text('m=19456,t=0,p=1'),
      argon2Text('m=7,t=1,p=1'),
      argon2Text('m=19456,t=2,p=1', ''),
    ],
    ...[
      argon2Text('m=19456,t=2,p=1', 'AAAA'),
      argon2Text('m=19456,t=2,p=1,data=AA'),
      '$argon2x$v=19$m=8,t=1,p=1$a$a',
    ],
    ...['$scrypt$', '$fbscrypt$v=1', '$pbkdf2-md5$1000$AAECAwQFBgc$AAECAwQFBgc', '$pbkdf2$0$AAEC$AAEC'],
    ...[
      'pbkdf2_sha256$1000$seasalt$',
      'pbkdf2_md5$1$a$b',
      'scrypt$1000$s$8$1$AAAA',
      'argon2$',
      'bcrypt$plain',
    ],
    ...['{', '{}', '{"secretData":"{}","credentialData":"{\\"algorithm\\":\\"pbkdf2\\"}"}', 'x'.repeat(5000)],
    keycloakText('pbkdf2-sha256', { value: SHA256_64, salt: SALT }, { hashIterations: 1.5 }),
    keycloakText('pbkdf2-sha256', { value: 5, salt: [] }, { hashIterations: 1000 }),
    `AQAAAAEAAAPo/////${'A'.repeat(67)}`,
  ]
  for (const stored of malformed) {
    const read = readStoredHash(stored)
    assert.ok(
      read === 'malformed' || read === 'format_unknown',
      `${stored.slice(0, 60)}: ${JSON.stringify(read)}`,
    )
  }
  const unknown = [
    '',
    '!',
    '*0',
    PASSWORD,
    '5f4dcc3b5aa765d61d8327deb882cf99',
    '{SHA}0DPiKuNIrrVmD8IUCuw1hQxNqZc=',
  ]
  for (const stored of [...unknown, 'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99']) {
    assert.notEqual(typeof readStoredHash(stored), 'object', stored)
    assert.equal(verifyPassword(PASSWORD, stored).matches, false)
  }
})

test('E5: a short tail of a hash is not a hash, for many passwords would match it', () => {
  const short = 'pbkdf2_sha256$1000$seasalt$DrdiWD40lyBuydnj'
  assert.equal(readStoredHash(short), 'malformed')
  assert.equal(readStoredHash('$pbkdf2-sha256$1000$AAECAwQFBgcICQoLDA0ODw$Aha'), 'malformed')
})

test('whatever stands in the column, the answer is a verdict and tells nothing of it', () => {
  const seeds = [...Object.values(imported), hashPassword(PASSWORD)]
  const damaged = fc
    .tuple(fc.constantFrom(...seeds), fc.nat(200), fc.nat(3), fc.string({ maxLength: 3 }))
    .map(
      ([text, at, cut, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + cut),
    )
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' }), fc.json()), (stored) => {
      const read = readStoredHash(stored)
      assert.ok(typeof read === 'string' || read.expected.byteLength >= 16)
    }),
    { numRuns: 5000 },
  )
})
