import { Refusal } from '../errors/refusal.ts'
import type { Requirement } from '../model/access.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { Principal } from '../model/principal.ts'

/**
 * What the application's own rules say. Undefined means yes, and only `true` says it: a promise that a synchronous rule
 * hands back is a no, as is a value that merely looks like one. What a rule throws is for the guard, which refuses.
 */
export function askRules(
  principal: Principal,
  requirement: Requirement,
  request: GuardRequest,
): Refusal | undefined | Promise<Refusal | undefined> {
  const { if: rule, ifAsync } = requirement
  if (rule !== undefined) {
    const said: unknown = rule(principal, request)
    if (said !== true) {
      // Nobody waits for it, and what it could reject with must not take the process with it.
      Promise.resolve(said).catch(() => undefined)
      return new Refusal('RULE_REFUSED')
    }
  }
  if (ifAsync === undefined) return undefined
  // Not by its own `then`: that of another library's promise gives what the guard would not wait for, and let in.
  return Promise.resolve(ifAsync(principal, request)).then((said: unknown) =>
    said === true ? undefined : new Refusal('RULE_REFUSED'),
  )
}
