import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { Auth } from '../src/index.ts'
import { createServer } from './load/http.ts'
import { prepareIssuer } from './load/prepare-issuer.ts'

/** The issuer as built, on a database, in one process with nothing around it. Prints what to send. */
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
const prepared = await prepareIssuer(auth, 'https://id.example.com', Number(connections))
const listener = nodeListener(auth)
const server = createServer(async (request, response) => {
  if (!request.url?.startsWith('/ws?')) return listener(request, response)
  // What is done before an upgrade is accepted, without the socket.
  const { ok } = await auth.sockets.accept(request)
  response.writeHead(ok ? 200 : 401, { 'Content-Length': 0 }).end()
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  const told = { port, ...prepared }
  process.stdout.write(`${JSON.stringify(told)}\n`)
})
process.on('SIGTERM', () => process.exit(0))
