import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { loginKey, parseEmail, parseUsername } from './account-name.ts'

/** Typed text and what is stored; undefined where it is refused. */
const oddAddresses: readonly (readonly [typed: string, stored: string | undefined, why: string])[] = [
  ['alice@example.org', 'alice@example.org', 'plain'],
  ['Alice.Smith@Example.ORG', 'Alice.Smith@example.org', 'the domain has no case, the local part might'],
  [' alice@example.org\n', 'alice@example.org', 'white space that a phone adds'],
  ['a@example.org', 'a@example.org', 'one letter'],
  ['alice+tag@example.org', 'alice+tag@example.org', 'sub-address'],
  ["o'brien@example.org", "o'brien@example.org", 'apostrophe'],
  ['a%b!c@example.org', 'a%b!c@example.org', 'every sign an atom may have (RFC 5322)'],
  ['a@b.c.d.e.example.org', 'a@b.c.d.e.example.org', 'many labels'],
  ['post@xn--mnchen-3ya.de', 'post@xn--mnchen-3ya.de', 'IDNA as ASCII'],
  ['post@MÜNCHEN.de', 'post@xn--mnchen-3ya.de', 'IDNA as typed'],
  ['пётр@пример.рф', 'пётр@xn--e1afmkfd.xn--p1ai', 'another script on both sides'],
  ['用户@例子.测试', '用户@xn--fsqu00a.xn--0zwm56d', 'a third script'],
  [
    'ａｌｉｃｅ＠ｅｘａｍｐｌｅ．ｏｒｇ',
    'alice@example.org',
    'full width becomes plain before it is checked',
  ],
  ['alice＠example.org', 'alice@example.org', 'full-width @'],
  ['alice﹫example.org', 'alice@example.org', 'small @'],
  ['cafe\u0301@example.org', 'café@example.org', 'accent typed apart'],
  ['oﬃce@example.org', 'office@example.org', 'ligature'],
  ['alice@exam\u212Ale.org', 'alice@examkle.org', 'the Kelvin sign is a k'],
  ['alice@evil.org@example.org', undefined, 'two @'],
  ['alice@evil.org＠example.org', undefined, 'two @ after normalising'],
  ['alice', undefined, 'no @'],
  ['@example.org', undefined, 'nothing before'],
  ['alice@', undefined, 'nothing after'],
  ['', undefined, 'empty'],
  ['   ', undefined, 'blank'],
  ['al ice@example.org', undefined, 'space inside'],
  ['alice@exam ple.org', undefined, 'space in the domain'],
  ['alice@example.org,bob@example.org', undefined, 'two addresses'],
  ['alice@example.org;bob@example.org', undefined, 'two addresses'],
  ['alice@example.org\r\nBcc: bob@example.org', undefined, 'a second header'],
  ['alice\0@example.org', undefined, 'NUL'],
  ['Alice <alice@example.org>', undefined, 'with a display name'],
  ['"alice smith"@example.org', undefined, 'quoted'],
  ['"a@b"@example.org', undefined, 'quoted @'],
  ['alice(comment)@example.org', undefined, 'comment'],
  ['.alice@example.org', undefined, 'dot first'],
  ['alice.@example.org', undefined, 'dot last'],
  ['al..ice@example.org', undefined, 'two dots'],
  ['alice@example..org', undefined, 'empty label'],
  ['alice@.example.org', undefined, 'empty first label'],
  ['alice@example.org.', undefined, 'root dot'],
  ['alice@localhost', undefined, 'no dot in the domain'],
  ['alice@127.0.0.1', undefined, 'address as domain'],
  ['alice@0x7f.1', undefined, 'address in hexadecimal'],
  ['alice@[127.0.0.1]', undefined, 'address literal'],
  ['alice@[IPv6:::1]', undefined, 'address literal'],
  ['alice@-example.org', undefined, 'hyphen first'],
  ['alice@example-.org', undefined, 'hyphen last'],
  ['alice@exa_mple.org', undefined, 'underscore in a domain'],
  ['alice@exam%70le.org', undefined, 'percent code in a domain'],
  ['alice@example.org/path', undefined, 'path'],
  ['alice@example.org#x', undefined, 'fragment'],
  ['alice@example.org:25', undefined, 'port'],
  ['alice@example。org', undefined, 'ideographic full stop'],
  ['alice\u200B@example.org', undefined, 'zero-width space'],
  ['alice\u202E@example.org', undefined, 'right-to-left override'],
  ['alice@exam\u00ADple.org', undefined, 'soft hyphen'],
  [`${'a'.repeat(64)}@example.org`, `${'a'.repeat(64)}@example.org`, 'longest local part'],
  [`${'a'.repeat(65)}@example.org`, undefined, 'local part one too long'],
  [`${'é'.repeat(33)}@example.org`, undefined, 'local part too long in bytes'],
  [`a@${'b'.repeat(63)}.org`, `a@${'b'.repeat(63)}.org`, 'longest label'],
  [`a@${'b'.repeat(64)}.org`, undefined, 'label one too long'],
  [`a@${'b.'.repeat(124)}org`, `a@${'b.'.repeat(124)}org`, '253 bytes'],
  [`abc@${'b.'.repeat(124)}org`, undefined, '255 bytes'],
  [`a@${'b.'.repeat(50_000)}org`, undefined, 'far too long'],
]

test('E17: mail addresses are normalised first and then validated once', () => {
  for (const [typed, stored, why] of oddAddresses) {
    assert.equal(parseEmail(typed), stored, `${why}: ${JSON.stringify(typed.slice(0, 60))}`)
  }
})

test('E17: what is stored parses to itself, and is found by what was typed', () => {
  for (const [typed, stored] of oddAddresses) {
    if (stored === undefined) continue
    assert.equal(parseEmail(stored), stored)
    assert.equal(loginKey(typed), loginKey(stored))
  }
})

test('E7: every spelling of a name or an address has one key', () => {
  const same: readonly (readonly string[])[] = [
    ['alice@example.org', 'ALICE@EXAMPLE.ORG', ' Alice@example.org ', 'ａlice＠example.org'],
    ['post@münchen.de', 'POST@MÜNCHEN.DE', 'post@xn--mnchen-3ya.de', 'Post@XN--MNCHEN-3YA.de'],
    ['Zoë', 'zoë', 'Zoe\u0308', 'ZOË'],
    ['Νίκος', 'νίκοσ', 'ΝΊΚΟΣ'],
    ['alice', 'ALICE', 'ａｌｉｃｅ', 'alice '],
  ]
  for (const spellings of same) assert.equal(new Set(spellings.map(loginKey)).size, 1, spellings[0])
  assert.equal(new Set(same.map(([first = '']) => loginKey(first))).size, same.length)
})

test('E7: names that only look alike keep keys of their own', () => {
  const different = [
    'mike',
    'mıke',
    'mike@example.org',
    'mıke@example.org',
    'mi\u200Bke',
    'mi ke',
    'mіke',
    'mike\0',
  ]
  assert.equal(new Set(different.map(loginKey)).size, different.length)
})

test('text of any length has a short key', () => {
  assert.equal(loginKey('a'.repeat(60_000)), '')
  assert.ok(loginKey('\uFDFA'.repeat(512)).length < 10_000)
})

test('user names hold letters and digits of any script, and nothing that could pass for something else', () => {
  for (const name of [
    'bob',
    'Bob.Smith',
    'a-1_b',
    '007',
    'Zoë',
    '東京太郎',
    'अनिल',
    'محمد',
    'a'.repeat(64),
  ]) {
    assert.equal(parseUsername(name), name)
  }
  assert.equal(parseUsername(' Zoe\u0308 '), 'Zoë')
  assert.equal(parseUsername('ｂｏｂ'), 'bob')
  const refused = [
    ...['', 'ab', 'a'.repeat(65), '東京', 'a'.repeat(100_000), '  a  '],
    ...[
      'a@b.example',
      'bob＠home',
      'bob smith',
      'bob\tsmith',
      'bob\nsmith',
      'bob\0',
      'bob/..',
      '../bob',
      'bob?',
    ],
    ...['.bob', '-bob', '_bob', '<b>bob</b>', "bob'--", 'bob%00', 'bob:x', 'bob😀', '\u0301bob'],
    ...[
      'bo\u200Bb',
      'bo\u200Db',
      'bob\u202Eexe',
      'b\uFEFFob',
      'bo\u00ADb',
      'bo\u2066b',
      'bob\u0085',
      '\uFDFA',
    ],
    ...['3f2504e0-4f89-41d3-9a0c-0305e82c3301', '3F2504E0-4F89-41D3-9A0C-0305E82C3301'],
  ]
  for (const name of refused) assert.equal(parseUsername(name), undefined, JSON.stringify(name.slice(0, 40)))
})

test('E17: whatever is typed, a stored form is stable, has one @ or none, and one key', () => {
  const unit = fc.constantFrom(
    ...'aZß.@-_+ \t\n\0＠İıςΣKﬁ\u0301\u200B\u202E東٣😀\uD800%"<x',
    '.org',
    '@b.org',
  )
  const text = fc.oneof(
    fc.array(unit, { maxLength: 40 }).map((units) => units.join('')),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(text, (typed) => {
      const email = parseEmail(typed)
      const username = parseUsername(typed)
      assert.ok(email === undefined || username === undefined)
      if (email !== undefined) assert.match(email, /^[^@\s\p{C}]+@[a-z0-9.-]+$/u)
      if (username !== undefined) assert.match(username, /^[^@\s\p{C}]+$/u)
      for (const stored of [email, username]) {
        if (stored === undefined) continue
        assert.equal(parseEmail(stored) ?? parseUsername(stored), stored)
        assert.equal(loginKey(typed), loginKey(stored))
      }
      assert.equal(loginKey(loginKey(typed)), loginKey(typed))
    }),
    { numRuns: 2000 },
  )
})

test('no awkward string passes for a name it is not', (t) => {
  const file = new URL('../../../shared/vectors/http/naughty-strings.json', import.meta.url)
  if (!existsSync(file)) return t.skip('the shared test data is not beside this checkout')
  const strings: unknown = JSON.parse(readFileSync(file, 'utf8'))
  assert.ok(Array.isArray(strings) && strings.length > 100)
  for (const text of strings.map(String)) {
    assert.match(parseEmail(text) ?? 'a@b', /^[^@\s\p{C}<>"]+@[a-z0-9.-]+$/u)
    assert.match(parseUsername(text) ?? 'bob', /^[\p{L}\p{M}\p{N}._-]{3,64}$/u)
    assert.equal(typeof loginKey(text), 'string')
  }
})
