import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharePulls } from './shared-pulls.ts'
import type { RevocationAnswer } from './source.ts'

/** A database that answers when it is told to. */
function slowDatabase() {
  const asked: { readonly cursor: string | undefined; answer(): void; fail(): void }[] = []
  let time = 0
  const pull = sharePulls(
    {
      pull: (cursor) =>
        new Promise((resolve, reject) => {
          const entries: RevocationAnswer['entries'] = []
          asked.push({
            cursor,
            answer: () =>
              resolve({
                entries,
                complete: false,
                cursor: 'next',
                identity: 'one',
                storeEpoch: 1,
                ringVersion: 1,
                coveredLifeSeconds: 900,
              }),
            fail: () => reject(new Error('connection lost')),
          })
        }),
    },
    { elapsed: () => time },
    2,
  )
  return {
    asked,
    pull,
    passTo(milliseconds: number) {
      time = milliseconds
    },
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('of a thousand who are woken at once few questions reach the database, two at a time', async () => {
  const { asked, pull } = slowDatabase()
  const all = Array.from({ length: 1000 }, () => pull('a', false))
  assert.equal(asked.length, 2)
  for (const one of asked.slice(0, 2)) one.answer()
  await settled()
  assert.equal(asked.length, 3, 'the other 998 share one')
  asked[2]?.answer()
  assert.equal((await Promise.all(all)).length, 1000)
})

test('PROTOCOL 2.2: nobody gets an answer to a question that was put before they asked', async () => {
  const { asked, pull, passTo } = slowDatabase()
  passTo(1)
  const [first, second] = [pull('a', false), pull('a', false)]
  passTo(5)
  const late = pull('a', false)
  passTo(9)
  for (const one of asked) one.answer()
  await settled()
  assert.equal(asked.length, 3)
  asked[2]?.answer()
  assert.deepEqual(
    (await Promise.all([first, second, late])).map((answered) => answered.asked),
    [1, 1, 9],
  )
})

test('other cursors, and a census, are other questions', async () => {
  const { asked, pull } = slowDatabase()
  const all = [
    pull('x', false),
    pull('y', false),
    pull('a', false),
    pull('b', false),
    pull('a', true),
    pull(undefined, false),
  ]
  for (let put = 0; put < all.length; put += 1) {
    await settled()
    asked[put]?.answer()
  }
  await Promise.all(all)
  assert.deepEqual(
    asked.map(({ cursor }) => cursor),
    ['x', 'y', 'a', 'b', 'a', undefined],
  )
})

test('a question that fails fails those who share it, and the next are put', async () => {
  const { asked, pull } = slowDatabase()
  const first = [pull('a', false), pull('a', false)]
  const shared = [pull('a', false), pull('a', false)]
  for (const one of asked) one.fail()
  for (const one of await Promise.allSettled(first)) assert.equal(one.status, 'rejected')
  await settled()
  asked[2]?.fail()
  for (const one of await Promise.allSettled(shared)) assert.equal(one.status, 'rejected')
  const next = pull('a', false)
  asked[3]?.answer()
  assert.equal((await next).answer.cursor, 'next')
})

test('as many wait as may, one more is refused', async () => {
  const { pull } = slowDatabase()
  for (let number = 0; number < 1002; number += 1) void pull(`cursor ${number}`, false)
  await assert.rejects(pull('one more', false), { code: 'STORE_UNAVAILABLE' })
  void pull('cursor 500', false)
})
