import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeAnnouncement } from '../../store/nodes.ts'
import type { RefusalRecord } from '../../store/refusals.ts'
import { createWatchCourse } from './watch-course.ts'
import type { SeenRefusals } from './watch-report.ts'

const START = Date.parse('2026-11-23T10:00:00Z')
const SINCE = START - 600_000
const NOTHING: SeenRefusals = { counts: [], records: [] }

const node = (id: string, secret: string): NodeAnnouncement => ({
  id,
  secretKeys: [secret],
  ringVersion: 1,
  accessLifeSeconds: 900,
  algorithm: 'ES256',
  signingSecrets: [],
})
const agreed = { nodes: [node('a', 's'), node('b', 's')], keys: [], ringVersion: 1, issuer: 'https://a' }
const counted = (count: number, code = 'KID_UNKNOWN'): SeenRefusals => ({
  counts: [{ at: SINCE, code, node: 'a', count }],
  records: [],
})
const record = (secondsAgo: number): RefusalRecord => ({
  reference: 'r',
  at: START - secondsAgo * 1000,
  code: 'KID_UNKNOWN',
  node: 'a',
  facts: {},
})
const codesOf = (groups: readonly { readonly code: string }[]) => groups.map(({ code }) => code)

function follow() {
  const course = createWatchCourse({ quietMilliseconds: 30_000 })
  const look = (seen: SeenRefusals, seconds: number, surroundings = agreed) =>
    course.look(seen, surroundings, { now: START + seconds * 1000, since: SINCE })
  return { course, look }
}

test('a rise is handed out until somebody was told, then once, then its end in the same way', () => {
  const { course, look } = follow()
  assert.deepEqual(look(NOTHING, 0).rising, [])
  assert.deepEqual(look(counted(9), 2).rising, [], 'a few are no rise')
  assert.deepEqual(codesOf(look(counted(50), 4).rising), ['KID_UNKNOWN'])
  const second = look(counted(50), 6)
  assert.deepEqual(codesOf(second.rising), ['KID_UNKNOWN'], 'nobody was told')
  course.told(second)
  assert.deepEqual(look(counted(90), 8).rising, [])

  assert.deepEqual(look(counted(90), 38).gone, [], 'thirty seconds and no more')
  const over = look(counted(90), 39)
  assert.deepEqual([over.gone, over.allClear], [['KID_UNKNOWN'], ['KID_UNKNOWN']])
  const again = look(counted(90), 41)
  assert.deepEqual([again.gone, again.allClear], [[], ['KID_UNKNOWN']])
  course.told(again)
  assert.deepEqual(look(counted(90), 43).allClear, [])
  assert.deepEqual(codesOf(look(counted(300), 400).rising), ['KID_UNKNOWN'], 'and when it comes back')
})

test('what is there all the time is no rise, several times as much is one', () => {
  const { look } = follow()
  let count = 1000
  look({ ...counted(count), records: Array.from({ length: 400 }, (_, index) => record(index)) }, 0)
  for (let seconds = 2; seconds <= 600; seconds += 2) {
    count += 2
    const { rising } = look(counted(count), seconds)
    assert.deepEqual(rising, [], `after ${seconds} s`)
  }
  assert.deepEqual(codesOf(look(counted(count + 150), 602).rising), ['KID_UNKNOWN'])
})

test('the first look tells a rise by the records alone; what is long over is no news', () => {
  const rising = Array.from({ length: 12 }, (_, index) => record(index))
  assert.deepEqual(codesOf(follow().look({ counts: [], records: rising }, 0).rising), ['KID_UNKNOWN'])
  const steady = Array.from({ length: 72 }, (_, index) => record(index * 5))
  assert.deepEqual(follow().look({ counts: [], records: steady }, 0).rising, [])
  const over = Array.from({ length: 50 }, (_, index) => record(100 + index))
  assert.deepEqual(follow().look({ counts: [], records: over }, 0).rising, [])
})

test('a slot that leaves the window takes nothing away from what is counted', () => {
  const { look } = follow()
  const slot = (at: number, count: number) => ({ at, code: 'KID_UNKNOWN', node: 'a', count })
  look({ counts: [slot(1, 500), slot(2, 5)], records: [] }, 0)
  assert.deepEqual(codesOf(look({ counts: [slot(2, 30)], records: [] }, 2).rising), ['KID_UNKNOWN'])
})

test('nodes that disagreed and agree now are told once', () => {
  const { look } = follow()
  const mixed = { ...agreed, nodes: [node('a', 's'), node('b', 'other')] }
  assert.match(look(NOTHING, 0, mixed).report.deployment ?? '', /ROLLOUT_MIXED/)
  assert.deepEqual(
    [look(NOTHING, 2, mixed).mended, look(NOTHING, 4).mended, look(NOTHING, 6).mended],
    [false, true, false],
  )
})
