import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { Auth } from '../../src/index.ts'
import { createServer } from '../load/http.ts'

/**
 * The issuer as built, in production, with a checked route of an application beside it: one process. Behind a trusted
 * proxy, which is how two thousand addresses reach one machine.
 */
const { createAuth } = (await import(
  new URL('../../dist/index.js', import.meta.url).href
)) as typeof import('../../src/index.ts')
const { guard, nodeListener } = (await import(
  new URL('../../dist/node.js', import.meta.url).href
)) as typeof import('../../src/node.ts')

const [accounts = '200', password = ''] = process.argv.slice(2)
const auth = createAuth({
  databaseUrl: 'sqlite:./countersign.db',
  issuer: 'https://id.example.com',
  secretKey: randomBytes(32).toString('base64url'),
  trustedProxies: ['127.0.0.1'],
}) as unknown as Auth
await auth.migrate()
await auth.ready()
let first = ''
for (let number = 0; number < Number(accounts); number += 1) {
  const { id } = await auth.users.create({ email: `person${number}@example.com`, password })
  first ||= id
}
const { access_token: token } = await auth.tokens.issue({ userId: first, lifetimeSeconds: 900 })
const routes = { 'GET /item': guard(auth.signedIn, (_request, response) => void response.end('hello')) }
const server = createServer(nodeListener(auth, { routes }))
server.listen(0, '127.0.0.1', () => {
  const told = {
    port: (server.address() as AddressInfo).port,
    signIn: { path: '/token', type: 'form', login: 'username', headers: { 'x-forwarded-proto': 'https' } },
    checked: { path: '/item', headers: { authorization: `Bearer ${token}` } },
  }
  process.stdout.write(`${JSON.stringify(told)}\n`)
})
process.on('SIGTERM', () => process.exit(0))
