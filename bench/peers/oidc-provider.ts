import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

/**
 * node-oidc-provider with its memory store, made to do what ours does: a public client refreshes, the refresh token is
 * rotated, the access token is a JWT signed with ES256. Prints its port and a refresh token for each connection.
 */
const CONNECTIONS = Number(process.argv[2] ?? 32)
const CLIENT = 'bench'
const AUDIENCE = 'https://api.example.com'

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
const provider = new Provider('http://127.0.0.1', {
  jwks: { keys: [{ ...key, alg: 'ES256', use: 'sig', kid: 'bench' } as never] },
  clients: [
    {
      client_id: CLIENT,
      id_token_signed_response_alg: 'ES256',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1/callback'],
    },
  ],
  rotateRefreshToken: true,
  scopes: ['offline_access'],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  ttl: { AccessToken: 900, RefreshToken: 86_400, Grant: 86_400 },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => AUDIENCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'profile:read',
        audience: AUDIENCE,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})

const client = await provider.Client.find(CLIENT)
if (client === undefined) throw new Error('the client is not there')
const tokens: string[] = []
for (let number = 0; number < CONNECTIONS; number += 1) {
  const accountId = `user-${number}`
  const grant = new provider.Grant({ accountId, clientId: CLIENT })
  grant.addResourceScope(AUDIENCE, 'profile:read')
  const grantId = await grant.save()
  const token = new provider.RefreshToken({
    accountId,
    client,
    grantId,
    gty: 'authorization_code',
    resource: AUDIENCE,
    scope: 'profile:read',
  } as never)
  tokens.push(await token.save())
}

const server = createServer(provider.callback())
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ port, tokens })}\n`)
})
