import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMoment } from './moment.ts'

test('a time is one where it says a date, in UTC unless it says another zone', () => {
  // Where the machine is has no say.
  process.env.TZ = 'America/New_York'
  const eight = Date.UTC(2026, 10, 23, 8)
  for (const text of [
    '2026-11-23T08:00:00Z',
    '2026-11-23T08:00:00.000Z',
    '2026-11-23T08:00',
    '2026-11-23 08:00:00',
    '2026-11-23T09:00:00+01:00',
    ' 2026-11-23t08:00z ',
  ])
    assert.equal(readMoment(text), eight, text)
  assert.equal(readMoment('2026-11-23'), Date.UTC(2026, 10, 23))
  for (const text of [
    '7',
    '15 m',
    'noon',
    '',
    '2026',
    '11/23/2026',
    'Nov 23',
    '2026-13-01',
    '2026-11-23T25:00',
  ])
    assert.equal(readMoment(text), undefined, text)
})
