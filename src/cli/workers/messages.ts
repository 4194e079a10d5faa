import type { LogLevel } from '../../base/logger.ts'

/** What a worker has counted; plain, for it crosses from process to process. */
export interface CountsMessage {
  readonly samples: readonly (readonly [string, number])[]
}

/** From a worker to the process that watches it. */
export type FromWorker =
  /** It listens. With what is to be said of the service, once for all workers. */
  | { readonly kind: 'serving'; readonly level: LogLevel; readonly lines: string }
  | ({ readonly kind: 'counts' } & CountsMessage)
  /** Wants the sums of all. */
  | { readonly kind: 'sums'; readonly question: number }

/** To a worker. */
export type ToWorker =
  /** With time to spare its open connections are told to leave, one answer each, before they are closed. */
  | { readonly kind: 'stop'; readonly lingers: boolean }
  | { readonly kind: 'report' }
  | ({ readonly kind: 'summed'; readonly question: number } & CountsMessage)

/** Tells a program that it is a worker, and which. */
export const WORKER_VARIABLE = 'COUNTERSIGN_WORKER'
