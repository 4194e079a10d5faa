import { type Cause, catalogue } from './codes.ts'
import { Refusal, type RefusalFacts } from './refusal.ts'

/**
 * A refusal that is thrown. The message is for the developer and the log: the cause and what to do about
 * it. What the client may know stands in `refusal`. No credential belongs in either.
 */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly refusal: Refusal

  constructor(code: Cause, { cause, ...facts }: RefusalFacts & { readonly cause?: unknown } = {}) {
    super(`${code}: ${catalogue[code].hint}`, cause === undefined ? undefined : { cause })
    this.refusal = new Refusal(code, facts)
  }
  /** The cause, by its upper-case code. */
  get code(): Cause {
    return this.refusal.code
  }
}
