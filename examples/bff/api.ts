// The API behind: it knows tokens and nothing of cookies.
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { guard, nodeListener } from 'countersign/node'
import { createVerifier } from 'countersign/verify'
import { API, ISSUER } from './countersign.config.ts'
import { todos } from './todos.ts'

const verifier = createVerifier({
  issuer: ISSUER,
  audience: ISSUER,
  scopes: ['todos:read', 'todos:write'],
  // Its tokens live for a minute, and the session was looked at before each was made.
  revocations: 'stateless',
})

export const listener = nodeListener(verifier, {
  routes: {
    'GET /todos': guard(verifier.needs({ scopes: ['todos:read'] }), (_request, response, { principal }) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(todos.of(principal.id)))
    }),
    'POST /todos': guard(
      verifier.needs({ scopes: ['todos:write'] }),
      async (request, response, { principal }) => {
        const body = (await json(request).catch(() => null)) as { title?: unknown } | null
        const title = body?.title
        const isTitle = typeof title === 'string' && title.length >= 1 && title.length <= 200
        response.writeHead(isTitle ? 201 : 422, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify(isTitle ? todos.add(principal.id, title) : { detail: 'title: 1 to 200 characters' }),
        )
      },
    ),
  },
})

createServer(listener).listen(Number(new URL(API).port), '127.0.0.1')
