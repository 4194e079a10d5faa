// The back end for the front end: the page, the session, and the way to the API behind.
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { createAuth } from 'countersign'
import { forward, guard, protect } from 'countersign/fastify'
import Fastify from 'fastify'
import config, { API, ISSUER } from './countersign.config.ts'

const auth = createAuth(config)
const { dirname } = import.meta

export const app = Fastify()
// The page is for anyone: what it shows it has to ask for.
protect(app, auth, { paths: { '/page/*': auth.anyone, '/client/*': auth.anyone } })

app.all('/api/*', guard(auth.signedIn), forward(auth, { to: API, strip: '/api' }))
app.get('/', guard(auth.anyone), (_request, reply) => reply.redirect('/page/index.html'))
app.register(fastifyStatic, { root: join(dirname, 'public'), prefix: '/page/' })
// The client as the package has it: small modules that need no bundler.
app.register(fastifyStatic, {
  root: join(dirname, 'node_modules/countersign/dist/client'),
  prefix: '/client/',
  decorateReply: false,
})

await app.listen({ port: Number(new URL(ISSUER).port) })
