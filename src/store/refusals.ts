/** One refusal as it is kept: what it takes to find the cause again. Never a credential. */
export interface RefusalRecord {
  /** The one that the client was given. */
  readonly reference: string
  /** Milliseconds since 1970, by the node that refused. */
  readonly at: number
  readonly code: string
  /** The node that refused. */
  readonly node: string
  readonly facts: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/** How many refusals of one cause a node gave in one slot of time. Exact, also where not all are kept. */
export interface RefusalCount {
  /** Beginning of the slot. Milliseconds since 1970. */
  readonly at: number
  readonly code: string
  readonly node: string
  readonly count: number
}

/** The newest this many are kept; an attacker cannot fill the disk with refusals. */
export const MOST_REFUSALS = 20_000
export const REFUSAL_SLOT_MILLISECONDS = 600_000
export const REFUSAL_COUNT_DAYS = 30

export interface RefusalVerbs {
  /** Adds a batch and lets go of the oldest beyond `MOST_REFUSALS`. Counts of a slot add up. */
  write(records: readonly RefusalRecord[], counts: readonly RefusalCount[]): Promise<void>
  find(reference: string): Promise<RefusalRecord | undefined>
  /** Newest first; those not before `since`. */
  list(filter: { readonly since?: number; readonly limit: number }): Promise<readonly RefusalRecord[]>
  /** By slot, oldest first. */
  counts(since: number): Promise<readonly RefusalCount[]>
}
