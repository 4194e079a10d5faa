import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Auth } from '../src/index.ts'

/**
 * The issuer as built, on a database, with two sessions for each connection: one of a client that proves itself, one of
 * a public client. Prints what to send.
 */
// What is measured is what is shipped: the build.
const { createAuth } = (await import(
  new URL('../dist/index.js', import.meta.url).href
)) as typeof import('../src/index.ts')
const { nodeListener } = (await import(
  new URL('../dist/node.js', import.meta.url).href
)) as typeof import('../src/node.ts')

const [databaseUrl = '', connections = '32'] = process.argv.slice(2)

const auth = createAuth({
  databaseUrl,
  issuer: 'https://id.example.com',
  secretKey: randomBytes(32).toString('base64url'),
  rateLimits: 'off',
}) as unknown as Auth
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
const user = await auth.users.create({ email: 'bench@example.com', password: 'correct horse battery' })
const start = (clientId?: string) =>
  auth.sessions.start({ userId: user.id, amr: ['pwd'], ...(clientId && { clientId }) })
const refreshTokens: (string | undefined)[] = []
const publicRefreshTokens: (string | undefined)[] = []
for (let number = 0; number < Number(connections); number += 1) {
  refreshTokens.push((await start(client.id)).refresh_token)
  publicRefreshTokens.push((await start()).refresh_token)
}
const { access_token: accessToken } = await start(client.id)
const browsers: string[] = []
for (let number = 0; number < Number(connections); number += 1) {
  const request = new Request('https://id.example.com/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'bench@example.com', password: 'correct horse battery' }),
  })
  const cookies = (await auth.fetch(request, { address: '127.0.0.1' })).headers.getSetCookie()
  browsers.push(cookies.map((cookie) => cookie.split(';')[0]).join('; '))
}
const listener = nodeListener(auth)
const server = createServer(async (request, response) => {
  if (!request.url?.startsWith('/ws?')) return listener(request, response)
  // What is done before an upgrade is accepted, without the socket.
  const { ok } = await auth.sockets.accept(request)
  response.writeHead(ok ? 200 : 401, { 'Content-Length': 0 }).end()
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  const told = {
    port,
    paths: { token: '/token', introspect: '/introspect', authorize: '/authorize' },
    credentials: { client_id: client.id, client_secret: secret },
    publicClient: 'first-party',
    refreshTokens,
    publicRefreshTokens,
    accessToken,
    browsers,
  }
  process.stdout.write(`${JSON.stringify(told)}\n`)
})
process.on('SIGTERM', () => process.exit(0))
