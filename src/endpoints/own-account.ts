import { needs } from '../model/access.ts'
import { FIRST_PARTY } from '../model/client.ts'
import type { Principal } from '../model/principal.ts'
import { RECENT_PROOF_SECONDS } from '../model/recent-proof.ts'

/**
 * For what people do with their own account: names, passwords, sessions, keys. Not for what other applications hold of
 * them: somebody who allowed one to see their orders has not handed it the account. Nor for API keys, each of
 * which was made for one thing and lives long; nor for HTTP Basic; nor for a token for which less was asked than the roles
 * allow: whoever hands that on has not handed on the account either.
 */
export const ownAccount = needs({ via: ['bearer', 'session'], if: isWhole })

/** The same for what outlives a session, as keys and second factors do: signed in, or proven anew, a moment ago. */
export const recentlyProven = needs({
  via: ['bearer', 'session'],
  freshWithinSeconds: RECENT_PROOF_SECONDS,
  if: isWhole,
})

/** To prove oneself anew, for whatever the credential is for. */
export const ownCredential = needs({ via: ['bearer', 'session'], if: isOwn })

/** To see the account: the person, by whatever they sign in with, and what was allowed to: a client or a key by its scope. */
export const mayReadAccount = needs({
  if: (principal) =>
    principal.scopes.includes('profile:read') || (isWhole(principal) && principal.via !== 'api-key'),
})

/** Of the API's own front ends, of a browser that is signed in here, or of a key or a password of the person. */
function isOwn({ clientId }: Principal): boolean {
  return clientId === FIRST_PARTY
}

function isWhole(principal: Principal): boolean {
  return isOwn(principal) && principal.isNarrowed !== true
}
