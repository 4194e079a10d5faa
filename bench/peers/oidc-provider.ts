import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { createServer } from '../load/http.ts'

/**
 * node-oidc-provider with its memory store, made to do what ours does: client_credentials and refresh with a JWT signed
 * by ES256, rotation, introspection. It does not introspect its own JWTs, so there an opaque token of its memory is asked
 * for. Prints what to send, as our own server does.
 */
const CONNECTIONS = Number(process.argv[2] ?? 32)
const AUDIENCE = 'https://api.example.com'
const client_id = 'bench'
const publicClient = 'bench-public'
const client_secret = randomBytes(32).toString('base64url')

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
// ID tokens as every client must be able to read them, and as ours are.
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
const registration = {
  id_token_signed_response_alg: 'RS256',
  redirect_uris: ['https://bench.example.com/callback'],
} as const
const provider = new Provider('http://127.0.0.1', {
  jwks: {
    keys: [
      { ...key, alg: 'ES256', use: 'sig', kid: 'bench' } as never,
      { ...rsa, alg: 'RS256', use: 'sig', kid: 'bench-id' } as never,
    ],
  },
  clients: [
    {
      ...registration,
      client_id,
      client_secret,
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    },
    {
      ...registration,
      client_id: publicClient,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
    },
  ],
  rotateRefreshToken: true,
  scopes: ['offline_access'],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  ttl: { AccessToken: 900, ClientCredentials: 900, RefreshToken: 86_400, Grant: 86_400 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
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

async function clientOf(id: string) {
  const client = await provider.Client.find(id)
  if (client === undefined) throw new Error('the client is not there')
  return client
}

async function refreshTokensOf(clientId: string): Promise<string[]> {
  const client = await clientOf(clientId)
  const tokens: string[] = []
  for (let number = 0; number < CONNECTIONS; number += 1) {
    const accountId = `user-${number}`
    const grant = new provider.Grant({ accountId, clientId })
    grant.addResourceScope(AUDIENCE, 'profile:read')
    const grantId = await grant.save()
    const facts = {
      accountId,
      client,
      grantId,
      gty: 'authorization_code',
      resource: AUDIENCE,
      scope: 'profile:read',
    }
    tokens.push(await new provider.RefreshToken(facts as never).save())
  }
  return tokens
}

const refreshTokens = await refreshTokensOf(client_id)
const publicRefreshTokens = await refreshTokensOf(publicClient)
const client = await clientOf(client_id)
const browsers: string[] = []
for (let number = 0; number < CONNECTIONS; number += 1) {
  const accountId = `user-${number}`
  const grant = new provider.Grant({ accountId, clientId: client_id })
  grant.addOIDCScope('openid')
  grant.addResourceScope(AUDIENCE, 'profile:read')
  const session = Object.assign(new provider.Session(), { accountId, loginTs: Math.floor(Date.now() / 1000) })
  session.ensureClientContainer(client_id)
  session.grantIdFor(client_id, await grant.save())
  browsers.push(`_session=${await session.save(86_400)}`)
}
const accessToken = await new provider.ClientCredentials({ client, scope: 'profile:read' } as never).save()

const server = createServer(provider.callback())
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  const told = {
    port,
    paths: { token: '/token', introspect: '/token/introspection', authorize: '/auth' },
    credentials: { client_id, client_secret },
    publicClient,
    refreshTokens,
    publicRefreshTokens,
    accessToken,
    browsers,
  }
  process.stdout.write(`${JSON.stringify(told)}\n`)
})
