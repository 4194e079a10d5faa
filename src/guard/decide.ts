import { type Clock, toSeconds } from '../base/clock.ts'
import { Refusal } from '../errors/refusal.ts'
import type { Requirement } from '../model/access.ts'
import type { Principal } from '../model/principal.ts'
import { isRecentProof } from '../model/recent-proof.ts'

/**
 * Whether a proven principal meets what a route asks for; membership is exact. Undefined means yes. The clock is read where
 * it matters when the user last proved who they are (RFC 9470), and nowhere else: most routes do not ask.
 */
export function decide(
  principal: Principal,
  requirement: Requirement,
  clock: Pick<Clock, 'now'>,
): Refusal | undefined {
  const { scopes, roles, via, freshWithinSeconds, secondFactor } = requirement
  if (via !== undefined && !via.includes(principal.via)) {
    return new Refusal('VIA_NOT_ALLOWED', { details: { via: principal.via } })
  }
  if (scopes !== undefined && !scopes.every((scope) => principal.scopes.includes(scope))) {
    return new Refusal('SCOPE_MISSING', { challenge: { scopes }, details: { scopes } })
  }
  if (roles !== undefined && !roles.some((role) => principal.roles.includes(role))) {
    return new Refusal('ROLE_MISSING', { details: { roles } })
  }
  const isStale =
    freshWithinSeconds !== undefined &&
    !isRecentProof(principal.authTime, freshWithinSeconds, toSeconds(clock.now()))
  const isWeak = secondFactor === true && !principal.amr.includes('mfa')
  if (isStale || isWeak) {
    // All that the next sign-in has to meet, so that one is enough.
    const challenge = {
      ...(freshWithinSeconds !== undefined && { maxAgeSeconds: freshWithinSeconds }),
      ...(secondFactor === true && { acrValues: ['mfa'] }),
    }
    return new Refusal('REAUTHENTICATION_REQUIRED', { challenge })
  }
  return undefined
}
