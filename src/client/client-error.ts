/** What a client could learn of something that went wrong. */
export interface ClientErrorFacts {
  /** The doctor's code (docs/refusals.md): the server's own where it told, what was seen from here otherwise. */
  readonly code: string
  /** The code that the server's answer carried: `too_many_requests`. */
  readonly clientCode?: string | undefined
  /** By which the operator finds the cause in the server's log. */
  readonly reference?: string | undefined
  readonly status?: number | undefined
  /** When to come again, if the server said so. */
  readonly retryAfterSeconds?: number | undefined
  /** With `mfa_required`: what `answerChallenge` and `signInWithPasskey` go on with. Good for five minutes, and a secret. */
  readonly challenge?: string | undefined
}

/** Something a person has to look at, or should wait for. Whoever was signed in still is. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  declare readonly code: string
  declare readonly clientCode: string | undefined
  declare readonly reference: string | undefined
  declare readonly status: number | undefined
  declare readonly retryAfterSeconds: number | undefined
  declare readonly challenge: string | undefined

  constructor(message: string, facts: ClientErrorFacts, options?: ErrorOptions) {
    super(facts.reference === undefined ? message : `${message} (reference ${facts.reference})`, options)
    Object.assign(this, facts)
    // Not for logs, which write down what can be counted.
    Object.defineProperty(this, 'challenge', { enumerable: false })
  }
}
