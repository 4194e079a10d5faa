import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { guard, protect } from '../../src/hono.ts'
import { anyone, signedIn } from '../../src/index.ts'
import { HIDDEN, type OpenSample, SAMPLE_SIZE, SECRET, testAdapter, words } from './contract.ts'
import { testEdge } from './edge.ts'
import { testProbed } from './probed.ts'

const open: OpenSample = async ({ auth, hidden = false, edge }) => {
  const app = new Hono()
  const protection = protect(app, auth, { paths: { '/plugin/*': anyone }, ...edge })
  app.get('/open', guard(anyone), (c) => c.text('open'))
  app.get('/secret', guard(signedIn), (c) => c.text(`${SECRET} ${c.var.principal.id}`))
  app.post(
    '/secret',
    // Before the guard on purpose: a stranger does not reach it all the same.
    async (c, next) => {
      await c.req.json().catch(() => {
        throw new HTTPException(400)
      })
      await next()
    },
    guard(signedIn),
    (c) => c.text(SECRET),
  )
  app.get('/items/:id', guard(signedIn), (c) => c.text(SECRET))
  app.get('/files/*', guard(signedIn), (c) => c.text(SECRET))
  app.get('/rule/:id', guard(words.rule), (c) => c.text(SECRET))
  app.get('/waiting/:id', guard(words.waiting), (c) => c.text(SECRET))
  app.get('/boom', guard(words.boom), (c) => c.text(SECRET))
  const admin = new Hono()
  admin.use(guard(words.admin))
  admin.get('/panel', (c) => c.text(`${SECRET} admin`))
  app.route('/admin', admin)
  app.get('/plugin/page', (c) => c.text('page'))
  for (let at = 0; at < SAMPLE_SIZE; at++) {
    if (hidden && at === HIDDEN) app.get(`/many/${at}`, (c) => c.text(SECRET))
    else app.get(`/many/${at}`, guard(signedIn), (c) => c.text(SECRET))
  }
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    ...protection,
    port: (server.address() as AddressInfo).port,
    async close() {
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

testEdge('hono', open)
testAdapter('hono', open)
testProbed('hono', open)
