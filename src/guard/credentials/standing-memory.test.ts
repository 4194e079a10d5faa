import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStandingMemory } from './standing-memory.ts'

function memoryOf({ most }: { readonly most?: number } = {}) {
  const time = { now: 1_700_000_000_000, elapsed: 5 }
  const clock = { now: () => time.now, elapsed: () => time.elapsed }
  const memory = createStandingMemory<string>({ clock, goodForMilliseconds: 1000, most })
  return { memory, time, find: (text: string) => memory.find(text, memory.now()) }
}

test('what was looked up before it was known is found once it is, and what it was before is not told again', () => {
  const { memory, find } = memoryOf()
  assert.equal(find('a'), undefined)
  assert.equal(memory.knows('a'), false)
  memory.keep('a', 'first', memory.now())
  assert.deepEqual([memory.knows('a'), find('a')], [true, 'first'])
  memory.keep('a', 'second', memory.now())
  assert.deepEqual(
    [memory.knows('a'), find('a'), find('b'), find('a')],
    [true, 'second', undefined, 'second'],
  )
})

test('what is forgotten is not found, also right after it was', () => {
  const { memory, find } = memoryOf()
  memory.keep('a', 'one', memory.now())
  memory.keep('b', 'other', memory.now())
  assert.equal(find('a'), 'one')
  memory.forget('a')
  assert.deepEqual([memory.knows('a'), find('a'), find('b')], [false, undefined, 'other'])
})

test('what was asked too long ago is not found, by either clock', () => {
  for (const which of ['now', 'elapsed'] as const) {
    const { memory, time, find } = memoryOf()
    memory.keep('a', 'one', memory.now())
    time[which] += 999
    assert.equal(find('a'), 'one')
    time[which] += 1
    assert.equal(memory.knows('a'), true)
    assert.deepEqual([find('a'), memory.knows('a')], [undefined, false])
  }
})

test('beyond the most that are kept the oldest goes, also where it was asked for last', () => {
  const { memory, find } = memoryOf({ most: 2 })
  memory.keep('a', 'one', memory.now())
  memory.keep('b', 'two', memory.now())
  assert.equal(find('a'), 'one')
  memory.keep('c', 'three', memory.now())
  assert.deepEqual([find('a'), find('b'), find('c')], [undefined, 'two', 'three'])
})
