import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Auth } from '../src/index.ts'

/** The issuer as built, on a database, with a session for each connection. Prints its port and the refresh tokens. */
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
const user = await auth.users.create({ email: 'bench@example.com', password: 'correct horse battery' })
const tokens: (string | undefined)[] = []
for (let number = 0; number < Number(connections); number += 1) {
  tokens.push((await auth.sessions.start({ userId: user.id, amr: ['pwd'] })).refresh_token)
}
const server = createServer(nodeListener(auth))
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ port, tokens })}\n`)
})
process.on('SIGTERM', () => process.exit(0))
