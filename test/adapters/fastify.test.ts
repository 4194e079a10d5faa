import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { guard, guardScope, protect } from '../../src/fastify.ts'
import { anyone, signedIn } from '../../src/index.ts'
import { HIDDEN, type OpenSample, SAMPLE_SIZE, SECRET, testAdapter, words } from './contract.ts'
import { testEdge } from './edge.ts'
import { testProbed } from './probed.ts'

const open: OpenSample = async ({ auth, hidden = false, edge }) => {
  const app = Fastify()
  const protection = protect(app, auth, { paths: { '/plugin/*': anyone }, ...edge })
  app.get('/open', guard(anyone), () => 'open')
  app.get('/secret', guard(signedIn), (request) => `${SECRET} ${request.principal.id}`)
  app.post(
    '/secret',
    {
      ...guard(signedIn),
      schema: { body: { type: 'object', required: ['title'], properties: { title: { type: 'string' } } } },
    },
    () => SECRET,
  )
  app.get('/items/:id', guard(signedIn), () => SECRET)
  app.get('/files/*', guard(signedIn), () => SECRET)
  app.get('/rule/:id', guard(words.rule), () => SECRET)
  app.get('/waiting/:id', guard(words.waiting), () => SECRET)
  app.get('/boom', guard(words.boom), () => SECRET)
  app.register(async (admin) => {
    admin.get('/admin/panel', () => `${SECRET} admin`)
    guardScope(admin, words.admin)
  })
  app.register(async (plugin) => void plugin.get('/page', () => 'page'), { prefix: '/plugin' })
  for (let at = 0; at < SAMPLE_SIZE; at++) {
    app.get(`/many/${at}`, hidden && at === HIDDEN ? {} : guard(signedIn), () => SECRET)
  }
  return { ...(await listen(app)), ready: protection.ready, routes: protection.routes }
}

/** A server that serves whatever became of the start. */
async function listen(app: FastifyInstance) {
  const server = createServer((request, response) => app.routing(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      server.close()
      await app.close().catch(() => assert.ok(true))
    },
  }
}

testEdge('fastify', open)
testAdapter('fastify', open)
testProbed('fastify', open)
