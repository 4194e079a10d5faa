import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nodeListener } from '../../src/adapters/node.ts'
import { createAuth } from '../../src/index.ts'
import { patient } from '../store/postgres-place.ts'
import { optionsOf } from './rotation-options.ts'

/** One process of the issuer, with the public API only; beside it a route of an application's own. */
const [, , url = '', secretKey = '', cacheMilliseconds = ''] = process.argv
const auth = createAuth({ ...optionsOf(secretKey, Number(cacheMilliseconds)), store: patient({ url }) })
await auth.ready()
const issuer = nodeListener(auth)
const server = createServer(async (request, response) => {
  if (request.url !== '/checked') return issuer(request, response)
  const { authorization = '' } = request.headers
  const checked = await auth.check(
    new Request('http://127.0.0.1/', { headers: { authorization } }),
    auth.signedIn,
  )
  response.writeHead(checked.ok ? 204 : checked.response.status)
  response.end(checked.ok ? undefined : await checked.response.text())
})
// Which of two that say goodbye at once is heard must not decide the test.
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`)
})
process.on('SIGTERM', () => {
  server.close(async () => {
    await auth.close()
    process.exit(0)
  })
  server.closeIdleConnections()
})
