import { AuthError, orThrow } from '../errors/auth-error.ts'
import { askedScope, declaredIn, grantedScope, scopesOfClient } from '../model/scope-policy.ts'
import type { Grant } from './grant.ts'

/**
 * RFC 6749 section 4.4: a client acts for itself. Its token is made from what proved the client, so a call reads one row
 * and writes none; there is no session and no refresh token.
 */
export const clientCredentials: Grant = {
  type: 'client_credentials',
  async prove(request, { client, storeEpoch, asOf, asked }, { policy }) {
    if (client.authMethod === 'none') {
      throw new AuthError('CLIENT_NOT_ALLOWED', { details: { clientId: client.id, why: 'a public client' } })
    }
    const allowed = scopesOfClient(client, Object.keys(policy.scopes))
    const asksFor = orThrow(askedScope(request.parameters.get('scope'), declaredIn(policy)))
    const scope = grantedScope(asksFor, allowed)
    const facts = { asOf, clientVer: client.ver, storeEpoch, scope, amr: [], authTime: undefined }
    return { user: undefined, facts, refreshToken: undefined, scope, asked }
  },
}
