import type { Origin } from '../audit/events.ts'
import type { Store } from '../store/store.ts'

/** Tries a delivery that was given up from the beginning. False if there is none of that id. */
export function retryDelivery(
  { webhooks }: Pick<Store, 'webhooks'>,
  id: string,
  origin: Origin,
): Promise<boolean> {
  return webhooks.retry(id, { name: 'webhook.retried', origin, data: { delivery: id } })
}
