import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RefusalRecord } from '../../store/refusals.ts'
import { alertOf } from './watch-alert.ts'
import { createWatchCourse } from './watch-course.ts'

const NOW = Date.parse('2026-11-23T10:00:00Z')
const FOREIGN = '<!channel> @here [sign in](https://evil.example) <https://evil.example|again>'

test('what a stranger wrote into a token calls nobody in a chat, and is no link under another name', () => {
  const course = createWatchCourse({ quietMilliseconds: 30_000 })
  const record: RefusalRecord = {
    reference: 'r',
    at: NOW - 1000,
    code: 'KID_UNKNOWN',
    node: 'a',
    facts: { iss: FOREIGN, kid: FOREIGN },
  }
  const look = course.look(
    { counts: [], records: Array.from({ length: 20 }, () => record) },
    { nodes: [], keys: [], ringVersion: 1, issuer: 'https://auth.example.com' },
    { now: NOW, since: NOW - 60_000 },
  )
  const { text, rising } = alertOf(look)
  assert.deepEqual(rising, ['KID_UNKNOWN'])
  assert.match(text, /sign in.*as their issuer/)
  assert.doesNotMatch(text, /[<>@[\]]/)
})
