import type { NewEvent } from '../audit/events.ts'
import type { PulledRevocation, RevocationPull } from '../store/revocations.ts'

/** The answer to "what is new". */
export interface RevocationAnswer extends Omit<RevocationPull, 'now'> {
  /** The store's clock in whole milliseconds, as of the same moment as the remaining times. */
  readonly now?: number
  /** How old the knowledge of whoever answered was; nothing if it was the database itself. */
  readonly ageMilliseconds?: number
}

export interface PullOptions {
  /** Take a census as well. */
  readonly census?: boolean
  /** Nobody waits for the answer any longer. */
  readonly signal?: AbortSignal
}

/** Whom a process asks for revocations: the database, or for services that only verify a node that has one. */
export interface RevocationSource {
  /** It answers when there is something new, or after a while: so it can be asked again at once. */
  readonly waits?: boolean
  /**
   * Everything new since the cursor; without one, everything live. The source itself answers with everything if the
   * cursor is of another database, or if the newest entry the cursor knows of is not there any more.
   */
  pull(cursor?: string, options?: PullOptions): Promise<RevocationAnswer>
  /** Writes back what the database lost, with its cause; resolves to how many entries it had lost. */
  restore?(entries: readonly PulledRevocation[], event: NewEvent): Promise<number>
}
