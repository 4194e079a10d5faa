import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { systemRandom } from '../base/random.ts'
import { createSecretKeys } from '../keys/secret-keys.ts'
import { describeSettings, valueInWords } from './describe.ts'
import { checkOptions } from './resolve.ts'
import { newSecretKey } from './secret-key.ts'
import { databaseUrl, maskUrl } from './storage-urls.ts'

const surroundings = { nodeEnv: undefined, tlsRejectUnauthorized: undefined }
const keys = [newSecretKey(systemRandom), newSecretKey(systemRandom)]

test('G-6: a key is shown by its length and the name it goes by, and by nothing else', () => {
  const configuration = checkOptions({ secretKey: keys, port: 9000 }, surroundings)
  const rows = describeSettings(configuration)
  const [fingerprint] = createSecretKeys(keys).fingerprints
  const row = rows.find(({ setting }) => setting === 'secretKey')
  assert.equal(row?.environment, 'SECRET_KEY')
  assert.equal(row.from, 'options')
  const words = valueInWords(row.value)
  assert.ok(words.startsWith(`set, 43 characters, fingerprint ${fingerprint}`), words)
  const everything = [
    ...[
      JSON.stringify(rows),
      inspect(rows, { depth: 9 }),
      rows.map(({ value }) => valueInWords(value)).join(),
    ],
    ...[
      JSON.stringify(configuration),
      inspect(configuration, { depth: 9, showHidden: true }),
      `${configuration.settings.secretKey}`,
    ],
  ]
  for (const text of everything) for (const key of keys) assert.ok(!text.includes(key))
})

test('every setting has a row, ready for JSON', () => {
  const rows = describeSettings(checkOptions({ port: 9000 }, surroundings))
  assert.deepEqual(JSON.parse(JSON.stringify(rows)).length, rows.length)
  const byName = new Map(rows.map((row) => [row.setting, row]))
  assert.deepEqual(byName.get('port'), { setting: 'port', environment: 'PORT', value: 9000, from: 'options' })
  assert.equal(byName.get('redisUrl')?.value, null)
  assert.equal(byName.get('scopes')?.environment, undefined)
})

test('values in words fit on a line', () => {
  assert.equal(valueInWords(null), 'not set')
  assert.equal(valueInWords([]), 'none')
  assert.equal(valueInWords(['a', 'b']), 'a, b')
  assert.equal(valueInWords({ minimumLength: 8 }), '{"minimumLength":8}')
  assert.equal(valueInWords(false), 'false')
})

test('G-6: a URL is shown without what may be a password', () => {
  const masked = [
    'postgres://user:canary@host:5432/db',
    'postgres://user:canary@host/db?sslmode=require',
    'postgres://host/db?password=canary',
    'postgres://:canary@host/db',
    'redis://:canary@host:6379/0',
    'rediss://user:ca%6eary%40@host',
  ]
  for (const url of masked) {
    assert.doesNotMatch(maskUrl(url), /canary|ca%6eary/, url)
    assert.match(maskUrl(url), /\*\*\*/)
    assert.match(maskUrl(url), /host/)
  }
  assert.equal(maskUrl('sqlite:./data/a.db'), 'sqlite:./data/a.db')
  const parsed = databaseUrl().schema.parse('postgres://user:canary@host/db')
  assert.doesNotMatch(inspect(parsed, { showHidden: true }) + JSON.stringify({ parsed }), /canary/)
  assert.equal(parsed.reveal(), 'postgres://user:canary@host/db')
})
