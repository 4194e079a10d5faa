import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '../../test/revocation/hand-clock.ts'
import { silentLogger } from '../base/logger.ts'
import { sqlite } from '../store/sqlite/index.ts'
import { retryDelivery } from './retry.ts'
import { createWebhookSender, RETRY_MILLISECONDS, type WebhookSenderParts } from './sender.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const EVENTS = ['user.deleted'] as const

/** A sender for these addresses on a clock moved by hand. */
async function openSender(urls: readonly string[], post: WebhookSenderParts['post']) {
  const { clock, pass } = createHandClock()
  const store = sqlite(':memory:')
  await store.open({ clock, migrate: true })
  const webhooks = urls.map((url) => ({ url, secret: SECRET, events: EVENTS }))
  await store.webhooks.configure(webhooks)
  const sender = createWebhookSender({
    webhooks,
    store,
    post,
    show: (event) => event,
    clock,
    logger: silentLogger,
  })
  const happen = () => store.events.record({ name: 'user.deleted', origin: { actor: { kind: 'system' } } })
  return { pass, store, sender, happen }
}

test('what does not arrive is tried again, then given up, listed, and sent when somebody says so', async () => {
  const failing = [...RETRY_MILLISECONDS, 0].map((_, index) => [500, 302, 404][index % 3] ?? 500)
  let posts = 0
  const { pass, store, sender, happen } = await openSender(['https://hooks.example.com'], async () => {
    posts += 1
    return failing.shift() ?? 200
  })
  await happen()
  for (const pause of [...RETRY_MILLISECONDS, 0]) {
    assert.equal(await sender.sendDue(), 1)
    assert.equal(await sender.sendDue(), 0)
    await pass(pause)
  }
  await pass(100 * 3_600_000)
  assert.equal(await sender.sendDue(), 0, 'given up')
  const [dead] = await store.webhooks.list({ dead: true, limit: 10 })
  assert.deepEqual(
    [dead?.dead, dead?.tries, dead?.why],
    [true, RETRY_MILLISECONDS.length + 1, 'answered 404'],
  )
  const [event] = await store.events.list({ name: 'webhook.dead', limit: 10 })
  assert.deepEqual(event?.data, { delivery: dead?.id, event: 'user.deleted', why: 'answered 404' })
  const origin = { actor: { kind: 'operator' } } as const
  assert.equal(await retryDelivery(store, 'none', origin), false)
  assert.ok(await retryDelivery(store, dead?.id ?? '', origin))
  const retried = await store.events.list({ name: 'webhook.retried', limit: 10 })
  assert.deepEqual(
    retried.map(({ origin: by, data }) => [by.actor.kind, data]),
    [['operator', { delivery: dead?.id }]],
  )
  assert.equal(await sender.sendDue(), 1)
  assert.deepEqual(await store.webhooks.list({ dead: false, limit: 10 }), [])
  assert.equal(posts, RETRY_MILLISECONDS.length + 2)
  await store.close()
})

test('a place that does not answer holds up no other', async () => {
  const slow = Promise.withResolvers<number>()
  const told = Promise.withResolvers<void>()
  const silent = 'https://silent.example.com'
  let begun = 0
  const urls = [silent, 'https://well.example.com']
  const { store, sender, happen } = await openSender(urls, async (to) => {
    if (to === silent) {
      begun++
      return slow.promise
    }
    told.resolve()
    return 200
  })
  // More than is taken at once, all of it for the one that is silent.
  await store.webhooks.configure([{ url: silent, events: EVENTS }])
  for (let count = 0; count < 15; count++) await happen()
  await sender.start()
  await happen()
  await told.promise
  assert.equal(begun, 10, 'what else is for it waits')
  slow.resolve(200)
  await sender.stop()
  await store.close()
})
