import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UndeliverableError } from './message.ts'
import { createOutbox, type Delivery, type OutboxOptions } from './outbox.ts'

function outboxWith(options: Partial<OutboxOptions> = {}) {
  const failed: string[] = []
  const pauses: number[] = []
  const outbox = createOutbox({
    onFailure: async (error) => void failed.push((error as Error).message),
    wait: async (milliseconds) => void pauses.push(milliseconds),
    ...options,
  })
  const post = (deliver: Delivery['deliver']) => outbox.post({ facts: {}, userId: undefined, deliver })
  return { outbox, post, failed, pauses }
}

test('nothing is delivered before whoever posts has answered', async () => {
  const { outbox, post } = outboxWith()
  let delivered = 0
  post(async () => void delivered++)
  await Promise.resolve()
  assert.equal(delivered, 0)
  await outbox.idle()
  assert.equal(delivered, 1)
})

test('what fails is tried again after growing pauses, and reported when it never works', async () => {
  const { outbox, post, failed, pauses } = outboxWith({ pausesMilliseconds: [10, 20, 30] })
  let tries = 0
  post(async () => {
    tries += 1
    if (tries < 3) throw new Error('not now')
  })
  await outbox.idle()
  assert.deepEqual([tries, pauses, failed], [3, [10, 20], []])
  post(() => Promise.reject(new Error('never')))
  await outbox.idle()
  assert.deepEqual([pauses.slice(2), failed], [[10, 20, 30], ['never']])
})

test('what would fail the next time too is not tried again', async () => {
  const { outbox, post, failed, pauses } = outboxWith()
  post(() => Promise.reject(new UndeliverableError('no such mailbox')))
  await outbox.idle()
  assert.deepEqual([pauses, failed], [[], ['no such mailbox']])
})

test('few are under way at once, no more wait than are allowed, and what is left out is reported', async () => {
  const { outbox, post, failed } = outboxWith({ workers: 2, mostWaiting: 5 })
  const released = Promise.withResolvers<void>()
  let [running, most] = [0, 0]
  const posted = Array.from({ length: 8 }, () =>
    post(async () => {
      running += 1
      most = Math.max(most, running)
      await released.promise
      running -= 1
    }),
  )
  assert.deepEqual(posted, [true, true, true, true, true, false, false, false])
  released.resolve()
  await outbox.idle()
  assert.equal(most, 2)
  assert.equal(failed.length, 3)
})

test('a report that fails holds up nothing, and a closed outbox tries nothing again', async () => {
  const { outbox, post } = outboxWith({ onFailure: () => Promise.reject(new Error('no database')) })
  post(() => Promise.reject(new UndeliverableError('x')))
  await outbox.idle()
  const begun = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  let tries = 0
  post(async () => {
    tries += 1
    begun.resolve()
    await released.promise
    throw new Error('not now')
  })
  await begun.promise
  const closed = outbox.close()
  released.resolve()
  await closed
  assert.equal(tries, 1)
  assert.equal(
    post(async () => undefined),
    false,
  )
})

test('what hangs gives way after a while, is tried again, and holds up no letter behind it', async () => {
  const limits: (() => void)[] = []
  const { outbox, post, failed, pauses } = outboxWith({
    workers: 1,
    pausesMilliseconds: [10],
    limitAfter: (_, signal) =>
      new Promise<void>((resolve, reject) => {
        limits.push(resolve)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  })
  let hung = 0
  let delivered = 0
  post(() => {
    hung += 1
    return new Promise(() => undefined)
  })
  post(async () => void delivered++)
  await new Promise(setImmediate)
  assert.deepEqual([hung, delivered], [1, 0])
  limits.shift()?.()
  while (hung < 2) await new Promise(setImmediate)
  assert.deepEqual([delivered, pauses, failed], [1, [10], []])
  limits.at(-1)?.()
  await outbox.idle()
  assert.deepEqual(failed, ['took longer than 120 seconds'])
})
