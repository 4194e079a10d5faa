import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import fastifyWebsocket from '@fastify/websocket'
import { createAuth } from 'countersign'
import { guard, protect } from 'countersign/fastify'
import Fastify from 'fastify'
import config, { port } from './countersign.config.ts'
import { enter } from './room.ts'

const auth = createAuth(config)
const mayJoin = auth.needs({ via: ['ws-ticket'], scopes: ['chat:join'] })
const { dirname } = import.meta

export const app = Fastify()
protect(app, auth, {
  headers: auth.headers.page(),
  // The page is for anyone: what it shows it has to ask for.
  paths: { '/page/*': auth.anyone, '/client/*': auth.anyone },
})
await app.register(fastifyWebsocket, { options: { maxPayload: 64 * 1024 } })

// Checked before the socket is open, and closed when what opened it ends.
app.get('/ws', { websocket: true, ...guard(mayJoin) }, (socket, { principal }) => {
  enter(socket, String(principal.claims.name))
})

app.get('/', guard(auth.anyone), (_request, reply) => reply.redirect('/page/index.html'))
app.register(fastifyStatic, { root: join(dirname, 'public'), prefix: '/page/' })
// The client as the package has it: small modules that need no bundler.
app.register(fastifyStatic, {
  root: join(dirname, 'node_modules/countersign/dist/client'),
  prefix: '/client/',
  decorateReply: false,
})

await app.listen({ port })
