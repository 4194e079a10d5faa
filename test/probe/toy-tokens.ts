import { compose } from '../../src/hostile/idea.ts'
import type { SigningKey } from '../../src/keys/signing-key.ts'
import type { TokenSource } from '../../src/probe/source.ts'
import { AUDIENCE, ISSUER } from './toy-api.ts'

/** Tokens for the toys, by their own key. */
export function toyTokens(key: SigningKey, ended: Set<string>): TokenSource {
  const sign = (claims: object, header: object = {}): string =>
    compose({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header }, { ...claims }, (input) =>
      key.sign(input),
    )
  const claimsAt = (nowSeconds: number, sid: string) => ({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'alice',
    client_id: 'toys',
    jti: sid,
    sid,
    iat: nowSeconds,
    exp: nowSeconds + 300,
    auth_time: nowSeconds,
    scope: 'todos:write reports:read',
  })
  const now = () => Math.floor(Date.now() / 1000)
  return {
    name: 'the toys',
    fits: true,
    refreshToken: 'cs_refresh_of_the_toys',
    materialFor(requirement) {
      const nowSeconds = now()
      const scope = requirement?.scopes?.join(' ')
      const roles = requirement?.roles
      const asked = { ...(scope !== undefined && { scope }), ...(roles && { roles }) }
      const claims = { ...claimsAt(nowSeconds, 'live'), ...asked }
      return { nowSeconds, claims, sign, genuine: sign(claims), publicKeys: [key.publicJwk], requirement }
    },
    async endSession() {
      ended.add('ended')
      return { authorization: `Bearer ${sign(claimsAt(now(), 'ended'))}`, withinMilliseconds: 0 }
    },
  }
}
