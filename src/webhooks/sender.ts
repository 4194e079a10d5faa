import type { AuditEvent } from '../audit/events.ts'
import type { Clock } from '../base/clock.ts'
import { HOUR_MILLISECONDS, MINUTE_MILLISECONDS } from '../base/duration.ts'
import type { Logger } from '../base/logger.ts'
import type { Store } from '../store/store.ts'
import type { WebhookDelivery, WebhookEndpoint } from '../store/webhooks.ts'
import { signatureHeaders } from './signature.ts'

/** A place and the secret by which it knows that an event is from us. */
export interface Webhook extends WebhookEndpoint {
  /** `whsec_` and base64. */
  readonly secret: string
}

export interface WebhookSenderParts {
  readonly webhooks: readonly Webhook[]
  readonly store: Pick<Store, 'webhooks'>
  /** Sends a body and answers with the status. */
  readonly post: (url: string, body: string, headers: Readonly<Record<string, string>>) => Promise<number>
  readonly show: (event: AuditEvent) => object
  readonly clock: Clock
  readonly logger: Logger
}

/** Sends what the store keeps for each place, and tries again what did not arrive. */
export interface WebhookSender {
  /** Tells the store which places there are, and begins. */
  start(): Promise<void>
  /** Sends what is due now; resolves to how many deliveries were tried. */
  sendDue(): Promise<number>
  stop(): Promise<void>
}

/** After each try that failed; a day and a half in all. */
export const RETRY_MILLISECONDS = [
  5000,
  30_000,
  5 * MINUTE_MILLISECONDS,
  30 * MINUTE_MILLISECONDS,
  2 * HOUR_MILLISECONDS,
  5 * HOUR_MILLISECONDS,
  10 * HOUR_MILLISECONDS,
  16 * HOUR_MILLISECONDS,
]
const EVERY_MILLISECONDS = 1000
const AT_ONCE = 10
/** Longer than a try may take. */
const LEASE_MILLISECONDS = MINUTE_MILLISECONDS

export function createWebhookSender(parts: WebhookSenderParts): WebhookSender {
  const { webhooks, store, post, show, clock, logger } = parts
  const secrets = new Map(webhooks.map(({ url, secret }) => [url, secret]))
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let running: Promise<unknown> = Promise.resolve()
  /** Places that are being told something. What else is for them waits, and holds up nobody: they may be slow. */
  const busy = new Map<string, Promise<unknown>>()

  async function send({ id, url, event, tries }: WebhookDelivery): Promise<void> {
    const why = await attempt(url, event)
    if (why === undefined) return store.webhooks.delivered(id)
    const retryMilliseconds = RETRY_MILLISECONDS[tries - 1]
    if (retryMilliseconds !== undefined) return store.webhooks.failed(id, { why, retryMilliseconds })
    const data = { delivery: id, event: event.name, why }
    const dead = { name: 'webhook.dead', origin: { actor: { kind: 'system' } }, data } as const
    if (!(await store.webhooks.giveUp(id, why, dead))) return
    logger.warn({ delivery: id, event: event.name, why }, 'a webhook was given up')
  }

  /** What went wrong; undefined where it arrived. */
  async function attempt(url: string, event: AuditEvent): Promise<string | undefined> {
    const secret = secrets.get(url)
    if (secret === undefined) return 'not configured here'
    const body = JSON.stringify({
      type: event.name,
      timestamp: new Date(event.at).toISOString(),
      data: show(event),
    })
    const timestamp = Math.floor(clock.now() / 1000)
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Countersign',
      ...signatureHeaders({ id: event.id, timestamp, body }, secret),
    }
    try {
      const status = await post(url, body, headers)
      return status >= 200 && status < 300 ? undefined : `answered ${status}`
    } catch (error) {
      return error instanceof Error ? error.message.slice(0, 200) : 'not sent'
    }
  }

  const complain = (error: unknown): number => {
    logger.warn({ err: error }, 'webhooks could not be sent; the next try is in a second')
    return 0
  }

  /** Begins what is due at places that are not busy. */
  const begin = async (): Promise<number> => {
    const due = await store.webhooks.claim(AT_ONCE, LEASE_MILLISECONDS, [...busy.keys()])
    for (const [url, deliveries] of Map.groupBy(due, ({ url }) => url)) {
      // Each by itself: a database that fails at one is not to let a stop go on while others are being sent.
      const sending = Promise.all(deliveries.map((one) => send(one).catch(complain)))
      busy.set(
        url,
        sending.finally(() => busy.delete(url)),
      )
    }
    return due.length
  }

  const idle = () => Promise.all(busy.values())

  function next(milliseconds: number): void {
    if (stopped) return
    timer = setTimeout(() => {
      running = begin()
        .catch(complain)
        .then((tried) => next(tried === AT_ONCE ? 0 : EVERY_MILLISECONDS))
    }, milliseconds).unref()
  }

  return {
    async start() {
      await store.webhooks.configure(webhooks)
      if (webhooks.length > 0) next(EVERY_MILLISECONDS)
    },
    async sendDue() {
      const tried = await begin()
      await idle()
      return tried
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
      await idle()
    },
  }
}
