import type { ClientCode } from './client-codes.ts'
import { type Cause, catalogue } from './codes.ts'

/** What is wrong with one field of a request. The message is for people and never repeats the value. */
export interface FieldProblem {
  readonly field: string
  readonly message: string
  /** A name for what is wrong, for pages in other languages; with the number that the message names. */
  readonly reason?: string | undefined
  readonly limit?: number | undefined
}

/** Facts for the log and the doctor: names, ids, times and limits. Never a credential, nor a part of one. */
export type RefusalDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>

/** What a challenge asks for: the scopes of the route (RFC 6750 section 3), a fresher sign-in (RFC 9470). */
export interface RefusalChallenge {
  readonly scopes?: readonly string[]
  readonly maxAgeSeconds?: number
  readonly acrValues?: readonly string[]
}

/** How a sign-in that is not complete goes on. The challenge is a secret of whoever asked, and nobody else is told it. */
export interface RefusalContinuation {
  readonly challenge: string
  readonly expiresInSeconds: number
  /** The ways in which it can be answered. */
  readonly methods: readonly string[]
}

/** Everything about a refusal beside its cause. */
export interface RefusalFacts {
  readonly details?: RefusalDetails
  readonly fields?: readonly FieldProblem[]
  /** When to come again; answers of status 429 and 503 say it. */
  readonly retryAfterSeconds?: number
  readonly challenge?: RefusalChallenge
  /** The methods that are allowed, for status 405. */
  readonly allow?: readonly string[]
  /** What the answer carries beside: how much of a limit is left. */
  readonly headers?: Readonly<Record<string, string>>
  readonly continuation?: RefusalContinuation
}

const NO_FACTS: RefusalFacts = Object.freeze({})
const NO_DETAILS: RefusalDetails = Object.freeze({})

/** A no, as a value: cheap enough for every request of a flood, for it carries no stack. */
export class Refusal {
  readonly code: Cause
  readonly details: RefusalDetails
  readonly fields: readonly FieldProblem[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly challenge: RefusalChallenge | undefined
  readonly allow: readonly string[] | undefined
  readonly headers: Readonly<Record<string, string>> | undefined
  /** Out of sight of whatever prints or logs a refusal. */
  readonly #continuation: RefusalContinuation | undefined

  constructor(code: Cause, facts: RefusalFacts = NO_FACTS) {
    this.code = code
    this.details = facts.details ?? NO_DETAILS
    this.fields = facts.fields
    this.retryAfterSeconds = facts.retryAfterSeconds
    this.challenge = facts.challenge
    this.allow = facts.allow
    this.headers = facts.headers
    this.#continuation = facts.continuation
  }

  get continuation(): RefusalContinuation | undefined {
    return this.#continuation
  }
  /** HTTP status of the answer. */
  get status(): number {
    return catalogue[this.code].status
  }
  /** The lower-case code the client is told. */
  get clientCode(): ClientCode {
    const { clientCode } = catalogue[this.code]
    return clientCode === 'none' ? 'server_error' : clientCode
  }
  /** The sentence the client is told. */
  get sentence(): string {
    return catalogue[this.code].sentence
  }
}
