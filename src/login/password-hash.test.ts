import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { hashSync as bcryptHash } from 'bcryptjs'
import fc from 'fast-check'
import { z } from 'zod'
import { hashFormats, hashPassword, readStoredHash, verifyPassword } from './password-hash.ts'
import { MAXIMUM_PASSWORD_BYTES } from './password-text.ts'

const PASSWORD = 'correct horse battery'
const WRONG = { matches: false, needsRehash: false }
const RIGHT = { matches: true, needsRehash: false }
const RIGHT_BUT_OLD = { matches: true, needsRehash: true }
const problem = (name: string) => ({ ...WRONG, problem: name })

/** A cheap setting of bcrypt, and one of Argon2. */
const bcrypt4 = (password: string) => bcryptHash(password, 4)
const argon2Text = (parameters: string, tag = 'A'.repeat(43)) =>
  `$argon2id$v=19$${parameters}$c29tZXNhbHQ$${tag}`

function keycloakText(algorithm: string, secret: object, data: object): string {
  return JSON.stringify({
    type: 'password',
    secretData: JSON.stringify({ ...secret, additionalParameters: {} }),
    credentialData: JSON.stringify({ algorithm, additionalParameters: {}, ...data }),
  })
}

// Made with Python's hashlib, so that not one implementation is compared with itself. The salt is 00 to 0f or text.
const SALT = 'AAECAwQFBgcICQoLDA0ODw=='
const SHA1_64 = 'yr+bZKkEnTtGf3f18VjXM5CIxT9gt2kfzsoPOBHUS/RLDCZ42k0onOKxREnD3cAEEtG4G7TZX43IWO1b/MW15g=='
const SHA256_64 = 'AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I3oPrOafEIqFGOq0+8aVYIT/+xVcPChXj+A8gpxtbBrFQ=='
const SHA512_64 = 'ToxFUi5y3fprZRW/V6CupR2uIDYfuy5rlsF9Z4E648lE68lw5lzmucru/HdPvmBJDSLroVh1Q2xCvjqd8NI/6Q=='

const imported: Readonly<Record<string, string>> = {
  'bcrypt $2b$ (Auth0)': bcrypt4(PASSWORD),
  'bcrypt $2a$': bcrypt4(PASSWORD).replace('$2b$', '$2a$'),
  'bcrypt $2y$ (PHP)': bcrypt4(PASSWORD).replace('$2b$', '$2y$'),
  'scrypt PHC': '$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$hKGWL22WtdGfIbxEPAZ06BS2bWyYKuZIKvypfAlYOWk',
  'passlib SHA-1': '$pbkdf2$1000$AAECAwQFBgcICQoLDA0ODw$yr.bZKkEnTtGf3f18VjXM5CIxT8',
  'passlib SHA-256': '$pbkdf2-sha256$1000$AAECAwQFBgcICQoLDA0ODw$AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM.qF6qvs/98I0',
  'passlib SHA-512': `$pbkdf2-sha512$1000$AAECAwQFBgcICQoLDA0ODw$${SHA512_64.replaceAll('+', '.').slice(0, -2)}`,
  'PBKDF2 PHC':
    '$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I0',
  'Django PBKDF2': 'pbkdf2_sha256$1000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=',
  'Django PBKDF2 SHA-1': 'pbkdf2_sha1$1000$seasalt$LPTbYn9/9ALjztx0Dtq5V+DLYLg=',
  'Django scrypt':
    'scrypt$1024$seasalt$8$2$UTzTzbUTVPSMaTCvuRtVg7073ok4joO2kbVBgPheKrEnHEK/xjMf4YzB/UVLAjESbpr2HD4ztzI/EAcR0jmkyw==',
  'Django bcrypt': `bcrypt$${bcrypt4(PASSWORD)}`,
  'Django bcrypt_sha256': `bcrypt_sha256$${bcrypt4(createHash('sha256').update(PASSWORD).digest('hex'))}`,
  'Django Argon2': `argon2${hashPassword(PASSWORD)}`,
  'ASP.NET Identity 2': 'AAABAgMEBQYHCAkKCwwNDg/Kv5tkqQSdO0Z/d/XxWNczkIjFP2C3aR/Oyg84EdRL9A==',
  'ASP.NET Identity 3 SHA-1':
    'AQAAAAAAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg/Kv5tkqQSdO0Z/d/XxWNczkIjFP2C3aR/Oyg84EdRL9A==',
  'ASP.NET Identity 3 SHA-256':
    'AQAAAAEAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg8CFp5nTYDA/HKS6GEMjxe+FA3wYq+aoz6oXqq+z/3wjQ==',
  'ASP.NET Identity 3 SHA-512':
    'AQAAAAIAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg9OjEVSLnLd+mtlFb9XoK6lHa4gNh+7LmuWwX1ngTrjyQ==',
  'Keycloak SHA-1': keycloakText('pbkdf2', { value: SHA1_64, salt: SALT }, { hashIterations: 1000 }),
  'Keycloak SHA-256': keycloakText(
    'pbkdf2-sha256',
    { value: SHA256_64, salt: SALT },
    { hashIterations: 1000 },
  ),
  'Keycloak SHA-512': keycloakText(
    'pbkdf2-sha512',
    { value: SHA512_64, salt: SALT },
    { hashIterations: 1000 },
  ),
}

test('E4: a new hash is Argon2id with 19 MiB, two passes, one lane, and a salt of its own', () => {
  const stored = hashPassword(PASSWORD)
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.notEqual(stored, hashPassword(PASSWORD))
  assert.deepEqual(verifyPassword(PASSWORD, stored), RIGHT)
  for (const wrong of ['', 'Correct horse battery', 'correct horse batter', `${PASSWORD} `, ` ${PASSWORD}`]) {
    assert.deepEqual(verifyPassword(wrong, stored), WRONG)
  }
})

test('E2: every byte counts, beyond the 72nd too', () => {
  const prefix = 'x'.repeat(72)
  const stored = hashPassword(`${prefix}a`)
  assert.deepEqual(verifyPassword(`${prefix}a`, stored), RIGHT)
  assert.deepEqual(verifyPassword(`${prefix}b`, stored), WRONG)
  assert.deepEqual(verifyPassword(prefix, stored), WRONG)
  const longest = 'y'.repeat(MAXIMUM_PASSWORD_BYTES)
  assert.deepEqual(verifyPassword(longest, hashPassword(longest)), RIGHT)
})

test('E2: two ways to type a letter are one password; letters that look different are not', () => {
  const stored = hashPassword('caf\u00e9 am See')
  assert.deepEqual(verifyPassword('cafe\u0301 am See', stored), RIGHT)
  assert.deepEqual(verifyPassword('cafe am See', stored), WRONG)
  assert.deepEqual(verifyPassword('x\u00b2 + y', hashPassword('x2 + y')), WRONG)
})

test('a system that did not normalise is met with the password as it was typed', () => {
  assert.deepEqual(verifyPassword('cafe\u0301', bcrypt4('cafe\u0301')), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword('cafe\u0301', bcrypt4('caf\u00e9')), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword('caf\u00e9', bcrypt4('cafe\u0301')), WRONG)
})

for (const [name, stored] of Object.entries(imported)) {
  test(`E4: verified and due for a new hash: ${name}`, () => {
    assert.deepEqual(verifyPassword(PASSWORD, stored), RIGHT_BUT_OLD)
    for (const wrong of ['', 'correct horse batterz', `${PASSWORD} `, PASSWORD.toUpperCase()]) {
      assert.deepEqual(verifyPassword(wrong, stored), WRONG)
    }
    assert.equal(hashFormats.filter((format) => format.recognises(stored)).length, 1)
  })
}

test('E4: verified and due for a new hash: Firebase scrypt', () => {
  // The worked example that Firebase publishes beside its implementation.
  const key = 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=='
  const value = 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=='
  const stored = `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=${key}$42xEC+ixf3L2lw==$${value}`
  const inUrlAlphabet = stored.replaceAll('+', '-').replaceAll('/', '_')
  assert.deepEqual(verifyPassword('user1password', stored), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword('user1password', inUrlAlphabet), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword('user2password', stored), WRONG)
  assert.deepEqual(verifyPassword('user1password', stored.replace('n=14', 'n=13')), WRONG)
  assert.deepEqual(verifyPassword('user1password', stored.replace('sk=j', 'sk=k')), WRONG)
})

test('E4: verified and due for a new hash: Keycloak with Argon2', () => {
  const [, , , , salt = '', value = ''] = hashPassword(PASSWORD).split('$')
  const parameters = {
    hashLength: ['32'],
    memory: ['19456'],
    type: ['id'],
    version: ['1.3'],
    parallelism: ['1'],
  }
  const text = (changes: object) =>
    keycloakText(
      'argon2',
      { salt, value },
      { hashIterations: 2, additionalParameters: { ...parameters, ...changes } },
    )
  assert.deepEqual(verifyPassword(PASSWORD, text({})), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword('wrong', text({})), WRONG)
  assert.deepEqual(verifyPassword(PASSWORD, text({ type: ['i'] })), WRONG)
  assert.deepEqual(verifyPassword(PASSWORD, text({ memory: ['4194304'] })), problem('cost_too_high'))
  for (const changes of [{ memory: [] }, { memory: 'x' }, { version: ['1.9'] }, { parallelism: ['0'] }]) {
    assert.deepEqual(verifyPassword(PASSWORD, text(changes)), problem('malformed'))
  }
})

test('E4: other Argon2 parameters and kinds are read and due for a new hash', () => {
  for (const stored of [
    '$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
    '$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs',
  ]) {
    assert.deepEqual(verifyPassword('password', stored), RIGHT_BUT_OLD)
    assert.deepEqual(verifyPassword('passwore', stored), WRONG)
    assert.deepEqual(verifyPassword('password', stored.replace('argon2i', 'argon2d')), WRONG)
  }
})

test('E5: bcrypt never sees a part of a password', () => {
  const at72 = 'x'.repeat(72)
  assert.deepEqual(verifyPassword(at72, bcrypt4(at72)), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword(`${at72}y`, bcrypt4(at72)), problem('password_unsuitable'))
  assert.deepEqual(verifyPassword('é'.repeat(37), bcrypt4('é'.repeat(36))), problem('password_unsuitable'))
  // Django's variant hashes first, so there is nothing to cut.
  const long = `${at72}${at72}`
  const stored = `bcrypt_sha256$${bcrypt4(createHash('sha256').update(long).digest('hex'))}`
  assert.deepEqual(verifyPassword(long, stored), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword(`${long}y`, stored), WRONG)
})

test('E5: NUL, half a surrogate pair and endless text match nothing and are not hashed', () => {
  const impossible = [
    '\0',
    `${PASSWORD}\0`,
    `${PASSWORD}\0x`,
    'a\uD800',
    'x'.repeat(MAXIMUM_PASSWORD_BYTES + 1),
  ]
  for (const password of impossible) {
    assert.throws(() => hashPassword(password), RangeError)
    for (const stored of [...Object.values(imported), hashPassword(PASSWORD), undefined]) {
      assert.deepEqual(verifyPassword(password, stored), problem('password_unsuitable'))
    }
  }
})

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

test('E6: nobody has the hash that stands for an unknown name', () => {
  for (const password of ['', PASSWORD, 'A']) assert.deepEqual(verifyPassword(password, undefined), WRONG)
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

/** A file of the shared test data, or undefined where it is not beside this checkout. */
function shared<Shape extends z.ZodType>(name: string, shape: Shape): z.output<Shape> | undefined {
  const file = new URL(`../../../shared/vectors/password-hash/${name}`, import.meta.url)
  return existsSync(file) ? shape.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
}
const ABSENT = 'the shared test data is not beside this checkout'

test('E4: the reference values of Argon2', (t) => {
  const vector = z.object({
    m_KiB: z.number(),
    t: z.number(),
    password: z.string(),
    encoded: z.string().optional(),
  })
  const file = shared('argon2-reference.json', z.object({ vectors: z.array(vector) }))
  if (file === undefined) return t.skip(ABSENT)
  const counts = { verified: 0, refused: 0, left: 0 }
  for (const { m_KiB, password, encoded } of file.vectors) {
    if (encoded === undefined) counts.left++
    else if (m_KiB > 256 * 1024) {
      assert.equal(readStoredHash(encoded), 'cost_too_high')
      counts.refused++
    } else if (m_KiB > 64 * 1024) counts.left++
    else {
      assert.deepEqual(verifyPassword(password, encoded), RIGHT_BUT_OLD)
      assert.deepEqual(verifyPassword(`${password}!`, encoded), WRONG)
      counts.verified++
    }
  }
  assert.ok(counts.verified >= 10)
  t.diagnostic(`${JSON.stringify(counts)}; left: no text form, or between 64 and 256 MiB`)
  t.diagnostic(
    'argon2id-rfc9106.json is left: it needs a secret and associated data, which no stored hash carries',
  )
})

test('E5: the reference values of bcrypt', (t) => {
  const file = shared(
    'bcrypt-reference.json',
    z.object({
      vectors: z.array(z.object({ hash: z.string(), passwordHex: z.string() })),
      mustRejectSettings: z.array(z.object({ setting: z.string() })),
    }),
  )
  if (file === undefined) return t.skip(ABSENT)
  const counts = { verified: 0, refused: 0, notText: 0 }
  for (const { hash, passwordHex } of file.vectors) {
    const bytes = Buffer.from(passwordHex, 'hex')
    const password = bytes.toString('utf8')
    const isText = Buffer.from(password).equals(bytes)
    if (hash.startsWith('$2x$')) {
      assert.deepEqual(verifyPassword(password, hash), problem('format_refused'))
      counts.refused++
    } else if (isText && bytes.byteLength > 72) {
      assert.deepEqual(verifyPassword(password, hash), problem('password_unsuitable'))
      counts.refused++
    } else if (isText) {
      assert.deepEqual(verifyPassword(password, hash), RIGHT_BUT_OLD)
      assert.deepEqual(verifyPassword(`${password}!`.slice(-70), hash), WRONG)
      counts.verified++
    } else {
      assert.equal(verifyPassword(password, hash).matches, false)
      counts.notText++
    }
  }
  assert.ok(counts.verified >= 3 && counts.refused >= 5)
  t.diagnostic(`${JSON.stringify(counts)}; not text: bytes that no password in UTF-8 has`)
  for (const { setting } of file.mustRejectSettings) {
    assert.equal(typeof readStoredHash(`${setting}${'C'.repeat(31)}`), 'string', setting)
  }
})

test('E4: the values of RFC 7914 for scrypt', (t) => {
  const vector = z.object({
    ...{ password: z.string(), salt: z.string(), hex: z.string() },
    ...{ N: z.number(), r: z.number(), p: z.number() },
  })
  const file = shared('scrypt-rfc7914.json', z.object({ vectors: z.array(vector) }))
  if (file === undefined) return t.skip(ABSENT)
  let verified = 0
  for (const { password, salt, hex, N, r, p } of file.vectors) {
    const stored = `scrypt$${N}$${salt}$${r}$${p}$${Buffer.from(hex, 'hex').toString('base64')}`
    if (salt === '') {
      assert.equal(readStoredHash(stored), 'malformed')
      continue
    }
    assert.deepEqual(verifyPassword(password, stored), RIGHT_BUT_OLD)
    assert.deepEqual(verifyPassword(`${password}!`, stored), WRONG)
    verified++
  }
  assert.ok(verified >= 2)
})
