import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ELSEWHERE } from '../../test/flows/elsewhere.ts'
import { readReturnPath } from './return-path.ts'

test('D6: of 38 ways to another place none is taken', () => {
  assert.equal(ELSEWHERE.length, 38)
  for (const text of ELSEWHERE) assert.equal(readReturnPath(text), undefined, JSON.stringify(text))
  assert.equal(readReturnPath(undefined), undefined)
})

test('paths of our own are taken, with query and fragment, as ASCII', () => {
  for (const [text, path] of [
    ['/', '/'],
    ['/account', '/account'],
    ['/orders?page=2&sort=a%20b#top', '/orders?page=2&sort=a%20b#top'],
    ['/a/../b', '/b'],
    [
      '/authorize?redirect_uri=https://app.example.com/cb',
      '/authorize?redirect_uri=https://app.example.com/cb',
    ],
    ['/@evil.example', '/@evil.example'],
    ['/%2f%2fevil.example', '/%2f%2fevil.example'],
    ['/ünder', '/%C3%BCnder'],
  ] as const) {
    assert.equal(readReturnPath(text), path)
  }
})
