import { authenticateClient } from '../clients/authentication.ts'
import { AuthError } from '../errors/auth-error.ts'
import { type Client, FIRST_PARTY } from '../model/client.ts'
import { authorizationCode } from './authorization-code.ts'
import { challenge } from './challenge.ts'
import { clientCredentials } from './client-credentials.ts'
import { deviceCode } from './device-code.ts'
import type { Grant, GrantParts, TokenRequest } from './grant.ts'
import { mint, type TokenAnswer } from './mint.ts'
import { required } from './parameter.ts'
import { password as passwordGrant } from './password.ts'
import { refreshToken } from './refresh-token.ts'

/** The grants of the token endpoint, by `grant_type`. */
export const grants: readonly Grant[] = [
  authorizationCode,
  passwordGrant,
  challenge,
  deviceCode,
  refreshToken,
  clientCredentials,
]

/** Those that a person's own program asks for, and no client on their behalf. */
const PERSONAL: ReadonlySet<Grant> = new Set([passwordGrant, challenge])

/** client → grant → proof → session → tokens. No grant can skip a step, for none is in a grant's hands. */
export async function answerTokenRequest(request: TokenRequest, parts: GrantParts): Promise<TokenAnswer> {
  const { store, clients, clock, settings } = parts
  const caller = await authenticateClient(request, { store, clients, clock, issuer: settings.issuer })
  const { client } = caller
  await request.onClient?.(client)
  const grant = grantOf(request, client, parts)
  refuseOtherResource(request.parameters.get('resource'), client, settings)
  // Before anything is changed: what could not be signed would be lost to the client.
  await parts.keyRing.freshen()
  const { watch } = parts.refusedSignIns
  const prove = () => grant.prove(request, caller, parts)
  const granted = await (grant === refreshToken ? prove() : watch(request.origin, prove))
  const answer = await mint(granted, client, parts)
  parts.meters.granted(grant.type)
  if (granted.user !== undefined && PERSONAL.has(grant)) request.onSignIn?.(granted.user)
  return answer
}

function grantOf(request: TokenRequest, client: Client, { settings }: GrantParts): Grant {
  const type = required(request, 'grant_type')
  const grant = grants.find((candidate) => candidate.type === type)
  if (grant === undefined || (grant === passwordGrant && !settings.passwordGrant)) {
    throw new AuthError('GRANT_UNSUPPORTED')
  }
  const isForeignPassword = grant === passwordGrant && client.id !== FIRST_PARTY
  if (isForeignPassword || (grant !== challenge && !client.grants.includes(grant.type))) {
    throw new AuthError('CLIENT_NOT_ALLOWED', { details: { grant: grant.type, clientId: client.id } })
  }
  return grant
}

/** There are tokens for one API here (RFC 8707 section 2): who asks for another one's is not to be given ours. */
function refuseOtherResource(
  resource: string | undefined,
  { id: clientId }: Client,
  { audience }: Pick<GrantParts['settings'], 'audience'>,
): void {
  if (resource === undefined || resource === '' || resource === audience) return
  throw new AuthError('RESOURCE_UNKNOWN', { details: { clientId } })
}
