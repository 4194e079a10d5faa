import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSecretKeys } from '../keys/secret-keys.ts'
import { createCursors } from './cursor.ts'

const [newer, older] = ['n', 'o'].map((letter) => Buffer.alloc(32, letter).toString('base64url')) as [
  string,
  string,
]
const cursors = createCursors(createSecretKeys([newer, older]))
const refused = { code: 'REQUEST_INVALID' }

test('a cursor gives its position back, also after SECRET_KEY has got a new first entry', () => {
  for (const position of ['', '7', 'ü\n"']) {
    assert.equal(cursors.read('events', cursors.write('events', position)), position)
    const before = createCursors(createSecretKeys([older]))
    assert.equal(cursors.read('events', before.write('events', position)), position)
  }
})

test('X36: changed, cut, stretched, respelt, foreign: no cursor, and no position', () => {
  const cursor = cursors.write('events?user=1', '4711')
  for (let at = 0; at < cursor.length; at += 1) {
    const other = cursor[at] === 'A' ? 'B' : 'A'
    const changed = cursor.slice(0, at) + other + cursor.slice(at + 1)
    assert.throws(() => cursors.read('events?user=1', changed), refused)
    assert.throws(() => cursors.read('events?user=1', cursor.slice(0, at)), refused)
  }
  for (const list of ['events?user=2', 'events', '', 'events?user=14']) {
    assert.throws(() => cursors.read(list, cursor), refused, 'of another list')
  }
  const others = createCursors(createSecretKeys([Buffer.alloc(32, 'x').toString('base64url')]))
  for (const text of ['', ' ', `${cursor}A`, `${cursor}=`, '4711', "' OR 1=1 --", 'A'.repeat(10_000)]) {
    assert.throws(() => cursors.read('events?user=1', text), refused)
  }
  assert.throws(() => cursors.read('events?user=1', others.write('events?user=1', '4711')), refused)
})
