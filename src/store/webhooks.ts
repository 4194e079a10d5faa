import type { AuditEvent, EventName, NewEvent } from '../audit/events.ts'

/** A place that events are sent to. */
export interface WebhookEndpoint {
  readonly url: string
  /** All of them where undefined. */
  readonly events: readonly EventName[] | undefined
}

/** An event on its way to one place. */
export interface WebhookDelivery {
  readonly id: string
  readonly url: string
  readonly event: AuditEvent
  /** Tries begun, this one included. */
  readonly tries: number
}

/** A delivery that has not arrived. */
export interface WaitingDelivery extends WebhookDelivery {
  /** Given up; else it is tried again. */
  readonly dead: boolean
  /** What went wrong last. */
  readonly why: string | undefined
  /** Of the next try, or when it was given up. Milliseconds since 1970. */
  readonly at: number
}

/**
 * What still has to be told, written in the transaction of each event: what was committed is sent at least once, and what
 * was rolled back never. Events about webhooks themselves are sent to nobody.
 */
export interface WebhookVerbs {
  /**
   * These places and no others get the events from now on; what waits for another is forgotten. Writes only where
   * something changes: it is called at each start.
   */
  configure(endpoints: readonly WebhookEndpoint[]): Promise<void>
  /** Takes what is due, oldest first, but for these URLs. Nobody else gets it before the lease is over. */
  claim(limit: number, leaseMilliseconds: number, exceptUrls?: readonly string[]): Promise<WebhookDelivery[]>
  delivered(id: string): Promise<void>
  /** To be tried again after so long. */
  failed(id: string, failure: { readonly why: string; readonly retryMilliseconds: number }): Promise<void>
  /** It is not tried again. False, and nothing happens, where somebody else gave it up or it has arrived. */
  giveUp(id: string, why: string, event: NewEvent): Promise<boolean>
  /** What has not arrived, oldest first: given up, or all of it. */
  list(filter: { readonly dead: boolean; readonly limit: number }): Promise<WaitingDelivery[]>
  /** Tries what was given up from the beginning. False, and nothing happens, if there is no such delivery. */
  retry(id: string, event: NewEvent): Promise<boolean>
}
