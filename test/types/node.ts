import { createServer } from 'node:http'
import { guard, nodeListener } from '../../src/node.ts'
import { auth } from './auth.ts'

createServer(
  nodeListener(auth, {
    routes: {
      'GET /me': guard(auth.signedIn, (_request, response, { principal }) => {
        const plan: 'team' | 'free' = principal.claims.plan
        response.end(`${principal.id} ${plan}`)
      }),
      'GET /open': guard(auth.anyone, (_request, response, { principal }) => {
        const nobody: undefined = principal
        response.end(String(nobody))
      }),
      // @ts-expect-error a handler without a word is no route
      'GET /silent': (_request: unknown, response: { end(): void }) => response.end(),
    },
  }),
)
// @ts-expect-error nobody was asked for
guard(auth.anyone, (_request, response, { principal }) => void response.end(principal.id))
