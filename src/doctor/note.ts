import type { Cause } from '../errors/codes.ts'

/** Something worth knowing of a configuration or a database: `risk` should be changed, `note` is a choice with a price. */
export interface Note {
  readonly kind: 'risk' | 'note'
  readonly cause?: Cause
  readonly what: string
  readonly fix: string
}
