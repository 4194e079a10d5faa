import type { Auth } from '../../src/index.ts'

export const PASSWORD = 'correct horse battery'
export const EMAIL = 'bench@example.com'

/** What is sent to an issuer that was prepared. */
export interface Prepared {
  readonly paths: { readonly token: string; readonly introspect: string; readonly authorize: string }
  readonly credentials: Readonly<Record<string, string>>
  readonly publicClient: string
  readonly refreshTokens: string[]
  /** Of the public client. */
  readonly publicRefreshTokens: string[]
  readonly accessToken: string
  /** The Authorization header of a client that may read what was revoked. */
  readonly reader?: string
  /** Cookies of browsers that are signed in, and have allowed what is asked for. */
  readonly browsers: readonly string[]
}

/**
 * Makes a client, a person, and for each connection two sessions: one of the client, which proves itself, and one of a
 * public client. The issuer goes on from there.
 */
export async function prepareIssuer(auth: Auth, issuer: string, connections: number): Promise<Prepared> {
  await auth.migrate()
  await auth.ready()
  const { client, secret } = await auth.clients.create({
    name: 'Bench',
    authMethod: 'client_secret_post',
    grants: ['client_credentials', 'refresh_token', 'authorization_code'],
    scopes: ['openid', 'profile:read'],
    redirectUris: ['https://bench.example.com/callback'],
    skipConsent: true,
  })
  const reader = await auth.clients.create({
    name: 'Reader of revocations',
    authMethod: 'client_secret_basic',
    grants: ['client_credentials'],
    scopes: ['revocations:read'],
  })
  const user = await auth.users.create({ email: EMAIL, password: PASSWORD })
  const start = (clientId?: string) =>
    auth.sessions.start({ userId: user.id, amr: ['pwd'], ...(clientId && { clientId }) })
  const refreshTokens: string[] = []
  const publicRefreshTokens: string[] = []
  const browsers: string[] = []
  for (let number = 0; number < connections; number += 1) {
    refreshTokens.push((await start(client.id)).refresh_token ?? '')
    publicRefreshTokens.push((await start()).refresh_token ?? '')
    browsers.push(await signIn(auth, issuer))
  }
  return {
    paths: { token: '/token', introspect: '/introspect', authorize: '/authorize' },
    credentials: { client_id: client.id, client_secret: secret ?? '' },
    publicClient: 'first-party',
    refreshTokens,
    publicRefreshTokens,
    reader: `Basic ${Buffer.from(`${reader.client.id}:${reader.secret}`).toString('base64')}`,
    accessToken: (await start(client.id)).access_token,
    browsers,
  }
}

/** A browser that signs in: its cookies. */
async function signIn(auth: Auth, issuer: string): Promise<string> {
  const request = new Request(`${issuer}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: EMAIL, password: PASSWORD }),
  })
  const answer = await auth.fetch(request, { address: '127.0.0.1' })
  const cookies = answer.headers.getSetCookie()
  return cookies.map((cookie) => cookie.split(';')[0]).join('; ')
}
