import { needs } from '../model/access.ts'
import { FIRST_PARTY } from '../model/client.ts'
import type { CredentialName, Principal } from '../model/principal.ts'

/**
 * For what people do with their own account: names, passwords, sessions, keys. Not for what other applications hold of
 * them: somebody who allowed one to see their orders has not handed it the account.
 */
export function ownAccount(via?: readonly CredentialName[], freshWithinSeconds?: number) {
  return needs({
    ...(via !== undefined && { via }),
    ...(freshWithinSeconds !== undefined && { freshWithinSeconds }),
    if: isOwn,
  })
}

/** The same, and whoever was allowed to see the account. */
export const mayReadAccount = needs({
  if: (principal) => isOwn(principal) || principal.scopes.includes('profile:read'),
})

/** Of the API's own front ends, of a browser that is signed in here, or of a key or a password of the person. */
function isOwn({ clientId }: Principal): boolean {
  return clientId === FIRST_PARTY
}
