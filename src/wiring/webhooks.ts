import { showEvent } from '../endpoints/schemas.ts'
import { post } from '../webhooks/post.ts'
import { createWebhookSender, type WebhookSender } from '../webhooks/sender.ts'
import type { Ground } from './ground.ts'

export function wireWebhooks({ settings, store, development, clock, logger }: Ground): WebhookSender {
  return createWebhookSender({
    webhooks: settings.webhooks.map(({ url, events, secret }) => ({ url, events, secret: secret.reveal() })),
    store,
    post: (url, body, headers) => post(url, body, headers, { anywhere: development }),
    show: showEvent,
    clock,
    logger,
  })
}
