// The second process: no database, no login code. It asks the issuer for its keys and for what has
// been revoked, and checks each request in memory.
import { createServer } from 'node:http'
import { guard, nodeListener } from 'countersign/node'
import { createVerifier } from 'countersign/verify'
import { AUDIENCE, ISSUER } from './countersign.config.ts'

const verifier = createVerifier({
  issuer: ISSUER,
  audience: AUDIENCE,
  scopes: ['orders:read'],
  // Asks the issuer what has ended: sign-out, a new password or a closed account count here within five seconds, too.
  revocations: { clientId: 'orders', clientSecret: process.env.CLIENT_SECRET ?? '' },
})

export const listener = nodeListener(verifier, {
  routes: {
    'GET /': guard(verifier.anyone, (_request, response) => {
      response.end('Orders are at /orders, for those whom the issuer knows.\n')
    }),
    'GET /orders': guard(verifier.needs({ scopes: ['orders:read'] }), (_request, response, { principal }) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ owner: principal.id, orders: [{ id: 1, what: 'A book' }] }))
    }),
  },
})

createServer(listener).listen(Number(process.env.PORT ?? 3001), '127.0.0.1')
