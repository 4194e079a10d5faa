import type { Clock } from '../base/clock.ts'
import { Refusal } from '../errors/refusal.ts'
import { Access, type AccessLimit, type Requirement } from '../model/access.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { Principal } from '../model/principal.ts'
import type { Credential } from './credentials/credential.ts'
import { decide } from './decide.ts'
import { findCredential } from './find-credential.ts'
import { askRules } from './rules.ts'

/** Undefined is what `anyone` lets in. */
export type GuardVerdict = Principal | Refusal | undefined

/**
 * request → credential → verified principal → decision. Synchronous as long as credential and rules are, so that a
 * checked request with a bearer token waits for nothing. Never throws: what goes wrong inside denies.
 */
export type Guard = (
  request: GuardRequest,
  access: Access | undefined,
) => GuardVerdict | Promise<GuardVerdict>

/** What a guard needs to know of the edge of the server. Without a part a word that asks for it refuses. */
export interface GuardEdge {
  /** Why a request may not even carry a credential. */
  readonly refuseTransport?: ((request: GuardRequest) => Refusal | undefined) | undefined
  readonly countRequest?: CountRequest | undefined
}

/** Counts a request against the limits of its word: undefined, or why it may not pass. */
export type CountRequest = (
  limits: readonly AccessLimit[],
  principal: Principal | undefined,
  request: GuardRequest,
) => Refusal | undefined | Promise<Refusal | undefined>

export function createGuard(
  credentials: readonly Credential[],
  clock: Clock,
  report: (error: unknown) => void,
  { refuseTransport, countRequest = cannotCount }: GuardEdge = {},
): Guard {
  const denied = (error: unknown): Refusal => {
    report(error)
    return new Refusal('INTERNAL')
  }
  const decided = (
    principal: Principal | Refusal,
    requirement: Requirement,
    limits: readonly AccessLimit[],
    request: GuardRequest,
  ): GuardVerdict | Promise<GuardVerdict> => {
    if (principal instanceof Refusal) return principal
    const refusal = decide(principal, requirement, clock)
    if (refusal !== undefined) return refusal
    if (limits.length === 0) return judged(principal, requirement, request)
    const counted = countRequest(limits, principal, request)
    if (!(counted instanceof Promise)) return counted ?? judged(principal, requirement, request)
    return counted.then((no) => no ?? judged(principal, requirement, request))
  }
  const judged = (
    principal: Principal,
    requirement: Requirement,
    request: GuardRequest,
  ): GuardVerdict | Promise<GuardVerdict> => {
    const ruled = askRules(principal, requirement, request)
    return ruled instanceof Promise ? ruled.then((no) => no ?? principal) : (ruled ?? principal)
  }
  return (request, access) => {
    try {
      if (!Access.is(access)) return new Refusal('ROUTE_UNDECLARED')
      const requirement = Access.requirementOf(access)
      const limits = Access.limitsOf(access)
      if (requirement === undefined) {
        const counted = limits.length === 0 ? undefined : countRequest(limits, undefined, request)
        return counted instanceof Promise ? counted.catch(denied) : counted
      }
      const unfit = refuseTransport?.(request)
      if (unfit !== undefined) return unfit
      const found = findCredential(credentials, request)
      if (found instanceof Refusal) return found

      const { credential, text } = found
      if (credential.isCostly && requirement.via?.includes(credential.name) === false) {
        return new Refusal('HDR_WRONG_LOCATION', { details: { via: credential.name } })
      }
      const proven = credential.verify(text, request)
      const verdict =
        proven instanceof Promise
          ? proven.then((principal) => decided(principal, requirement, limits, request))
          : decided(proven, requirement, limits, request)
      return verdict instanceof Promise ? verdict.catch(denied) : verdict
    } catch (error) {
      return denied(error)
    }
  }
}

/** A limit that nobody keeps would be a protection that somebody believes in. */
function cannotCount(): never {
  throw new TypeError('limited(): nobody counts here')
}
