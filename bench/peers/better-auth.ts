import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node'
import { createServer } from '../load/http.ts'

/**
 * Better Auth in production, its own limit of sign-in tries on and told where the address stands, with a checked route as
 * its documentation has it, the session in a signed cookie (`cookieCache`), which is its fastest. Prints how it is asked.
 */
const [accounts = '200', password = ''] = process.argv.slice(2)
const options = {
  database: new DatabaseSync('better-auth.db'),
  baseURL: 'http://127.0.0.1',
  secret: randomBytes(32).toString('base64url'),
  emailAndPassword: { enabled: true },
  session: { cookieCache: { enabled: true, maxAge: 900 } },
  rateLimit: { enabled: true },
  advanced: { ipAddress: { ipAddressHeaders: ['x-forwarded-for'] }, disableCSRFCheck: true },
  telemetry: { enabled: false },
} satisfies BetterAuthOptions
const auth = betterAuth(options)
const { runMigrations } = await getMigrations(options)
await runMigrations()
let cookie = ''
for (let number = 0; number < Number(accounts); number += 1) {
  const email = `person${number}@example.com`
  const { headers } = await auth.api.signUpEmail({
    body: { email, password, name: `Person ${number}` },
    returnHeaders: true,
  })
  cookie ||= headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ')
}
const handler = toNodeHandler(auth)
const server = createServer((request, response) => {
  if (request.url !== '/item') return void handler(request, response)
  auth.api.getSession({ headers: fromNodeHeaders(request.headers) }).then(
    (session) => response.writeHead(session === null ? 401 : 200).end('hello'),
    () => response.writeHead(500).end(),
  )
})
server.listen(0, '127.0.0.1', () => {
  const told = {
    port: (server.address() as AddressInfo).port,
    signIn: { path: '/api/auth/sign-in/email', type: 'json', login: 'email' },
    checked: { path: '/item', headers: { cookie } },
  }
  process.stdout.write(`${JSON.stringify(told)}\n`)
})
