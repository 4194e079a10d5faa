import { AuthError } from '../errors/auth-error.ts'
import { RESERVED_CLAIMS } from '../model/access-token.ts'
import type { Client } from '../model/client.ts'
import type { User } from '../model/user.ts'
import type { GrantParts } from './grant.ts'

/**
 * What the application adds to the tokens of a user; throws what its code throws, and `CLAIM_RESERVED`.
 *
 * Flows that write ask for it twice: before they write, for a claim that cannot be had must not leave a session or a
 * turned refresh token that nobody holds, and for the token, from the row that the write returned.
 */
export function ownClaims(
  user: User,
  client: Client,
  { claims }: Pick<GrantParts, 'claims'>,
): Readonly<Record<string, unknown>> {
  const own = claims?.(user, client) ?? {}
  const taken = Object.keys(own).filter((name) => RESERVED_CLAIMS.has(name))
  if (taken.length > 0) throw new AuthError('CLAIM_RESERVED', { details: { claims: taken } })
  return own
}
