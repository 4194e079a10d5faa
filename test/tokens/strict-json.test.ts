import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { type JsonFault, type JsonObject, parseStrictJson } from '../../src/base/strict-json.ts'
import { Refusal } from '../../src/errors/refusal.ts'
import { parseVer } from '../../src/model/access-token.ts'
import { readAccessClaims } from '../../src/tokens/access-claims.ts'
import { countOf } from '../counts.ts'
import { seed, seededRandom } from '../store/seeded.ts'
import { parsePlainly } from './plain-json.ts'

const count = countOf({ quick: 10_000, full: 100_000, long: 5_000_000 })

const random = seededRandom(seed)
const below = (limit: number): number => Math.floor(random() * limit)
const oneOf = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item

const NAMES = [
  'iss',
  'exp',
  'aud',
  'a',
  '',
  '__proto__',
  'constructor',
  '0',
  '1',
  '-1',
  '01',
  'toString',
  'é',
  '🙂',
]
const TEXTS = [
  '',
  'x',
  ',',
  '","',
  '{"a":1,"a":2}',
  '\\',
  '"',
  '\u0000',
  '\ud800',
  '\udfff\ud800',
  '\ufffd',
  '🙂',
  'é',
]
const NUMBERS = [
  '0',
  '-0',
  '1',
  '1e3',
  '1E+3',
  '1.0',
  '1e400',
  '-1e400',
  '5e-324',
  '1790000000',
  '9007199254740993',
]
const WORDS = ['true', 'false', 'null', ...NUMBERS]

/** A text as it may be written: some of its characters as escapes, which JSON allows everywhere. */
function spelt(text: string): string {
  const written = JSON.stringify(text)
  if (below(4) > 0) return written
  const inside = [...written.slice(1, -1).matchAll(/\\u....|\\.|[^\\]/gs)].map(([piece]) =>
    piece.length === 1 && below(3) === 0 ? `\\u${piece.charCodeAt(0).toString(16).padStart(4, '0')}` : piece,
  )
  return `"${inside.join('')}"`
}

function space(): string {
  return below(12) === 0 ? oneOf([' ', '\n', '\t', '\r', '  ']) : ''
}

function valueText(levels: number): string {
  const kind = below(levels > 0 ? 6 : 4)
  if (kind < 2) return spelt(oneOf(TEXTS))
  if (kind < 4) return oneOf(WORDS)
  return kind === 4 ? objectText(levels) : listText(levels)
}

function listText(levels: number): string {
  const items = Array.from({ length: below(4) }, () => space() + valueText(levels - 1) + space())
  return `[${items.join(',')}]`
}

function objectText(levels: number): string {
  const members = Array.from(
    { length: below(6) },
    () => `${space()}${spelt(oneOf(NAMES))}${space()}:${space()}${valueText(levels - 1)}`,
  )
  return `{${members.join(',')}}`
}

/** Bytes that are nearly JSON. */
function damaged(bytes: Buffer): Buffer {
  const at = below(bytes.length + 1)
  const piece = oneOf([
    ',',
    '"',
    '{',
    '}',
    '[',
    ']',
    ':',
    '\\',
    '\\u',
    '0',
    '-',
    '.',
    'e',
    '\ufeff',
    '\u2028',
    '/**/',
  ])
  return oneOf([
    () => Buffer.concat([bytes.subarray(0, at), Buffer.from(piece), bytes.subarray(at)]),
    () => Buffer.concat([bytes.subarray(0, at), Buffer.from([below(256)]), bytes.subarray(at + 1)]),
    () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(3))]),
    () => bytes.subarray(0, at),
  ])()
}

/** What is read of the bytes, which the plain reader has to agree with. */
function compared(bytes: Buffer): JsonObject | JsonFault {
  const found = parseStrictJson(bytes)
  const expected = parsePlainly(bytes)
  const where = `seed ${seed}: ${JSON.stringify(bytes.toString('latin1'))}`
  if (typeof found === 'string')
    assert.ok(Array.isArray(expected) && expected.includes(found), `${found}, ${where}`)
  else assert.ok(!Array.isArray(expected) && isDeepStrictEqual(found, expected), where)
  assert.ok(isFrozen(found), where)
  return found
}

function isFrozen(value: unknown): boolean {
  return (
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  )
}

test(`A14: two readers say the same of ${count} texts (seed ${seed})`, (t) => {
  const seen = { read: 0, not_json: 0, member_twice: 0, too_deep: 0 }
  for (let index = 0; index < count; index++) {
    const bytes = Buffer.from(space() + objectText(1 + below(10)) + space())
    const answer = compared(below(3) === 0 ? damaged(bytes) : bytes)
    seen[typeof answer === 'string' ? answer : 'read'] += 1
  }
  t.diagnostic(JSON.stringify(seen))
  for (const [kind, times] of Object.entries(seen)) assert.ok(times > 0, `${kind} came`)
})

test('A14: what two readers might read differently', () => {
  const faults = [
    ['{"a":1,"a":1}', 'member_twice'],
    ['{"a":1,"\\u0061":2}', 'member_twice'],
    ['{"a":{"b":1},"a":{"b":1,"c":2}}', 'member_twice'],
    ['{"a":",","a":1}', 'member_twice'],
    ['{"a":1,"a":","}', 'member_twice'],
    ['{"a":[1,2],"a":","}', 'member_twice'],
    ['{"a":"\\",\\"","a":1}', 'member_twice'],
    ['{"__proto__":1,"__proto__":2}', 'member_twice'],
    ['{"__proto__":{"a":1,"a":2}}', 'member_twice'],
    ['{"0":1,"0":2}', 'member_twice'],
    ['{"":1,"":2}', 'member_twice'],
    ['{"\\ud800":1,"\\uD800":2}', 'member_twice'],
    ['{"x":[{"a":1},{"a":1,"a":1}]}', 'member_twice'],
    [`{"a":1,"a":${'['.repeat(8)}${']'.repeat(8)}}`, 'too_deep'],
    [`{"__proto__":${'['.repeat(8)}${']'.repeat(8)}}`, 'too_deep'],
    ['{"a":01}', 'not_json'],
    ['{"a":1,}', 'not_json'],
    ['{"a":.5}', 'not_json'],
    ['{"a":NaN}', 'not_json'],
    ['\ufeff{}', 'not_json'],
    ['{"a":"\n"}', 'not_json'],
    ['[]', 'not_json'],
    ['"text"', 'not_json'],
    ['', 'not_json'],
  ] as const
  for (const [text, fault] of faults) assert.equal(compared(Buffer.from(text)), fault, text)
  for (const hex of ['7b2261223a22ff227d', '7b2261223a22eda080227d', '7b2261223a22c3227d']) {
    assert.equal(compared(Buffer.from(hex, 'hex')), 'not_json', hex)
  }
  const read = [
    ['{"1":1,"0":2,"a":",,"}', { '0': 2, '1': 1, a: ',,' }],
    ['{"a":-0,"b":1e3,"c":1e400}', { a: -0, b: 1000, c: Number.POSITIVE_INFINITY }],
    ['{"__proto__":{"admin":true},"a":1}', { a: 1 }],
    ['{"a":"\\ud800","b":"\ufffd"}', { a: '\ud800', b: '\ufffd' }],
    [' { "a" : [ ] } ', { a: [] }],
    [`{"a":${'['.repeat(7)}${']'.repeat(7)}}`, { a: [[[[[[[]]]]]]] }],
  ] as const
  for (const [text, value] of read) assert.deepEqual(compared(Buffer.from(text)), value, text)
})

test('A14: two readers say the same of every part of every token among our cases', () => {
  const file = new URL('../vectors/own/access-token-cases.json', import.meta.url)
  const { cases }: { cases: { token: string }[] } = JSON.parse(readFileSync(file, 'utf8'))
  const answers = cases.flatMap(({ token }) =>
    token.split('.').map((part) => compared(Buffer.from(part, 'base64url'))),
  )
  assert.ok(answers.includes('not_json') && answers.includes('member_twice'))
  assert.ok(answers.some((answer) => typeof answer !== 'string'))
})

test('what is worked out by hand of `ver` and `scope` is what a pattern and `split` make of them', () => {
  const pattern = /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})$/
  const pieces = [
    '0',
    '1',
    '9',
    '10',
    '01',
    '123456789012345',
    '1234567890123456',
    '',
    '.',
    '-1',
    '+1',
    ' ',
    'e',
    '٣',
    '/',
    ':',
  ]
  for (let index = 0; index < 5000; index++) {
    const text = Array.from({ length: below(4) + 1 }, () => oneOf(pieces)).join(
      oneOf(['.', '.', '.', '..', '']),
    )
    const match = pattern.exec(text)
    const expected = match && { user: Number(match[1]), client: Number(match[2]), store: Number(match[3]) }
    assert.deepEqual(parseVer(text) ?? null, expected, text)
  }
  const claims = { iss: 'i', sub: 's', client_id: 'c', jti: 'j', aud: 'a', exp: 2, iat: 1 }
  for (let index = 0; index < 500; index++) {
    const scope = Array.from({ length: below(6) }, () => oneOf(['a', 'b:read', ' ', '  ', '\t', 'é'])).join(
      ' ',
    )
    const token = readAccessClaims({ ...claims, scope })
    assert.ok(!(token instanceof Refusal))
    assert.deepEqual(token.scopes, scope === '' ? [] : scope.split(' '), JSON.stringify(scope))
  }
})
