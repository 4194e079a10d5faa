import { Refusal } from '../errors/refusal.ts'
import type { RefusalAnswer } from '../errors/refusal-answer.ts'
import type { Access } from '../model/access.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { Principal } from '../model/principal.ts'
import type { Guard, GuardVerdict } from './guard.ts'
import type { HoldSocket } from './sockets.ts'

/** Who may pass (nobody in particular where anyone may), or the answer to send. */
export type Admission = Principal | RefusalAnswer | undefined

/**
 * What adapters guard routes with, the same for an issuer and for a service that only verifies. Answers at once when
 * the credential and the rules can, so that a checked request waits for nothing. Never throws and never rejects.
 */
export interface Gate {
  /** `access` is undefined for a route that has no word: it is refused. */
  admit(request: GuardRequest, access: Access | undefined): Admission | Promise<Admission>
  /**
   * The answer for a refusal that was found elsewhere, reported like all others. `access` is the word of the route, where
   * there is one.
   */
  refuse(refusal: Refusal, request: GuardRequest, access?: Access): RefusalAnswer
  readonly hold: HoldSocket
}

/** What an adapter needs of an issuer, or of a verifier, which has no endpoints of its own. */
export interface Gated {
  readonly gate: Gate
  /** Connects. Rejects if the start has to stop. */
  ready(): Promise<void>
}

export interface GateOptions {
  readonly guard: Guard
  /** Makes the answer, writes the log line and tells the application. Never throws. */
  readonly refuse: Gate['refuse']
  readonly hold: HoldSocket
  /** Undefined once everything is connected; a promise to wait for until then. */
  readonly waiting: () => Promise<unknown> | undefined
}

export function createGate({ guard, refuse, hold, waiting }: GateOptions): Gate {
  const admission = (verdict: GuardVerdict, request: GuardRequest, access: Access | undefined): Admission =>
    verdict instanceof Refusal ? refuse(verdict, request, access) : verdict
  const judge: Gate['admit'] = (request, access) => {
    const verdict = guard(request, access)
    return verdict instanceof Promise
      ? verdict.then((settled) => admission(settled, request, access))
      : admission(verdict, request, access)
  }
  return {
    refuse,
    hold,
    admit(request, access) {
      const start = waiting()
      if (start === undefined) return judge(request, access)
      // What cannot be connected leaves the guard without keys and revocations: it refuses, and says why.
      const go = () => judge(request, access)
      return start.then(go, go)
    },
  }
}
