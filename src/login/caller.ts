import type { Origin } from '../audit/events.ts'

/** Who asks, and in which language they want to be written to: a tag, or several as in Accept-Language. */
export interface Caller {
  readonly origin: Origin
  readonly language: string | undefined
}
