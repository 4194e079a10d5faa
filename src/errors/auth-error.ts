import { type Cause, catalogue } from './codes.ts'
import { Refusal, type RefusalFacts } from './refusal.ts'

/**
 * A refusal that is thrown. The message is for the developer and the log: the cause and what to do about
 * it. What the client may know stands in `refusal`. No credential belongs in either.
 */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly refusal: Refusal

  constructor(
    refused: Cause | Refusal,
    { cause, ...facts }: RefusalFacts & { readonly cause?: unknown } = {},
  ) {
    const refusal = refused instanceof Refusal ? refused : new Refusal(refused, facts)
    super(`${refusal.code}: ${catalogue[refusal.code].hint}`, cause === undefined ? undefined : { cause })
    this.refusal = refusal
  }
  /** The cause, by its upper-case code. */
  get code(): Cause {
    return this.refusal.code
  }
}

/** The value, where it is no refusal. */
export function orThrow<Value>(value: Value | Refusal): Value {
  if (value instanceof Refusal) throw new AuthError(value)
  return value
}
