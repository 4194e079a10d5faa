import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance, nearestName } from './nearest-name.ts'

test('the distance counts what must be put in, taken out, replaced and swapped', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ...([
      ['', '', 0],
      ['a', '', 1],
      ['', 'ab', 2],
      ['same', 'same', 0],
    ] as const),
    ...([
      ['issuer', 'isuer', 1],
      ['issuer', 'issuerr', 1],
      ['issuer', 'issuar', 1],
      ['issuer', 'isseur', 1],
    ] as const),
    ...([
      ['kitten', 'sitting', 3],
      ['abc', 'cab', 2],
      ['host', 'home', 2],
    ] as const),
  ]
  for (const [a, b, distance] of cases) {
    assert.equal(editDistance(a, b), distance, `${a} ${b}`)
    assert.equal(editDistance(b, a), distance, `${b} ${a}`)
  }
})

test('a distance that is more than asked for is told as such, and no other', () => {
  const texts = ['', ...'abc']
  for (let length = 1; length < 4; length += 1) {
    for (const text of [...texts])
      if (text.length === length) texts.push(...[...'abc'].map((one) => text + one))
  }
  for (const a of texts) {
    for (const b of texts) {
      const exact = editDistance(a, b)
      for (const most of [0, 1, 2]) {
        const told = editDistance(a, b, most)
        assert.ok(told === exact || (exact > most && told === Number.POSITIVE_INFINITY), `${a} ${b} ${most}`)
      }
    }
  }
})

test('the nearest name is found, and short names are not near to everything', () => {
  const known = ['HOST', 'PORT', 'ISSUER', 'SECRET_KEY', 'REFRESH_TOKEN_EXPIRE_DAYS', 'DATABASE_URL']
  const near = (name: string): string | undefined => nearestName(name, known, 6)
  assert.equal(near('SECRETKEY'), 'SECRET_KEY')
  assert.equal(near('secret-key'), 'SECRET_KEY')
  assert.equal(near('ISSEUR'), 'ISSUER')
  assert.equal(near('REFRESH_TOKENS_EXPIRY_DAYS'), 'REFRESH_TOKEN_EXPIRE_DAYS')
  assert.equal(near('port'), 'PORT')
  for (const name of ['HOME', 'POST', 'SORT', 'USER', 'MY_SECRET_KEY', 'DATABASE_HOST', '', 'KEY']) {
    assert.equal(near(name), undefined, name)
  }
})
