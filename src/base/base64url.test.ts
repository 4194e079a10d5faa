import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { test } from 'node:test'
import { decodeBase64Url, decodeBase64UrlText, encodeBase64Url } from './base64url.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Every character by hand, as RFC 4648 has it. */
function isCanonical(text: string): boolean {
  const rest = text.length % 4
  const spare = rest === 2 ? 4 : rest === 3 ? 2 : 0
  const last = ALPHABET.indexOf(text.at(-1) ?? 'A')
  return rest !== 1 && [...text].every((character) => ALPHABET.includes(character)) && last % 2 ** spare === 0
}

test('A13: one spelling of each value, whatever stands where a character of the alphabet should', () => {
  const good = encodeBase64Url('{"a":"0123456789"}')
  for (const cut of [0, 1, 2, 3]) {
    const base = good.slice(0, good.length - cut)
    for (let unit = 0; unit < 0x1_0000; unit += unit < 0x800 ? 1 : 61) {
      const character = String.fromCharCode(unit)
      for (const at of [0, 1, base.length - 1]) {
        const spelt = base.slice(0, at) + character + base.slice(at + 1)
        const where = JSON.stringify(spelt)
        assert.equal(decodeBase64Url(spelt) !== undefined, isCanonical(spelt), where)
        assert.equal(decodeBase64UrlText(spelt) !== undefined, isCanonical(spelt), where)
      }
    }
  }
})

test('text is decoded as bytes are, in whatever order long, short and wrong ones come', () => {
  const pieces = ['a', '"', 'é', '€', '🙂', '\ufffd', '\ufeff', '\0', '\u{10ffff}']
  for (let turn = 0; turn < 3000; turn++) {
    const words = Array.from(
      { length: turn % 40 },
      (_, at) => pieces[(turn * 7 + at * (turn % 11)) % pieces.length],
    )
    const wrong = turn % 7 === 0 ? [turn % 256, 0x80 | (turn % 64)] : []
    const bytes = Buffer.concat([Buffer.from(words.join('')), Buffer.from(wrong)])
    const spelt = encodeBase64Url(bytes)
    const expected = isUtf8(bytes) ? bytes.toString('utf8') : null
    assert.equal(decodeBase64UrlText(spelt), expected, spelt)
    assert.equal(decodeBase64UrlText(`${spelt}=`), undefined)
  }
})

test('what is no UTF-8 is no text: overlong, cut off, lone surrogates, beyond the last character', () => {
  for (const hex of [
    'c080',
    'c0af',
    'e282',
    'f09f99',
    'eda080',
    'edbfbf',
    'f4908080',
    'ff',
    '80',
    '22c322',
  ]) {
    assert.equal(decodeBase64UrlText(encodeBase64Url(Buffer.from(hex, 'hex'))), null, hex)
  }
  assert.equal(decodeBase64UrlText(encodeBase64Url('\ufffd')), '\ufffd', 'as it was written')
  assert.equal(decodeBase64UrlText(''), '')
})

test('longer than the room that is kept: the same answers', () => {
  for (const bytes of [6143, 6144, 6145, 8192, 20_000]) {
    const text = 'x'.repeat(bytes - 1)
    assert.equal(decodeBase64UrlText(encodeBase64Url(`${text}y`)), `${text}y`)
    assert.equal(decodeBase64UrlText(`${encodeBase64Url(text)}*`), undefined)
    assert.equal(decodeBase64UrlText(encodeBase64Url(Buffer.from(`${text}\xff`, 'latin1'))), null)
  }
})
