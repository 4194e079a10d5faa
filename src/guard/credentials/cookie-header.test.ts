import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../../errors/refusal.ts'
import { readCookie } from './cookie-header.ts'

const NAME = '__Host-countersign'

test('a cookie is found by its name, with blanks around it or none, and twice is refused', () => {
  for (const header of [`${NAME}=a=b`, `x=1; ${NAME}=a=b;y=2`, `x;\t${NAME} = a=b\t;y`, `; ;${NAME}=a=b;`]) {
    assert.equal(readCookie(header, NAME), 'a=b', JSON.stringify(header))
  }
  for (const header of [undefined, '', NAME, `x=${NAME}`, `x${NAME}=a`, `${NAME}x=a`, `${NAME};=a`]) {
    assert.equal(readCookie(header, NAME), undefined, JSON.stringify(header))
  }
  assert.ok(readCookie(`${NAME}=a; ${NAME}=a`, NAME) instanceof Refusal)
})

// Chromium takes a cookie of such a name from a sibling domain, whatever the prefix says, and sends it just so.
test('F-2: what is no blank belongs to the name, so that nobody gets round its prefix', () => {
  for (const space of ['\u00a0', '\v', '\f', '\u0085', '\u2028', '\ufeff']) {
    assert.equal(readCookie(`${space}${NAME}=evil`, NAME), undefined, JSON.stringify(space))
    assert.equal(readCookie(`${NAME}${space}=evil; ${NAME}=own`, NAME), 'own', JSON.stringify(space))
  }
})
