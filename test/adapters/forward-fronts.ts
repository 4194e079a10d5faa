import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import * as inExpress from '../../src/express.ts'
import * as inFastify from '../../src/fastify.ts'
import * as inHono from '../../src/hono.ts'
import type { Auth } from '../../src/index.ts'
import * as inNode from '../../src/node.ts'

/** An application whose `/api` is handed on to the API behind. */
type OpenFront = (auth: Auth, to: string) => Promise<RequestListener>

export const fronts: Readonly<Record<string, OpenFront>> = {
  async fastify(auth, to) {
    const app = Fastify()
    inFastify.protect(app, auth)
    app.all('/api/*', inFastify.guard(auth.signedIn), inFastify.forward(auth, { to, strip: '/api' }))
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  async express(auth, to) {
    const app = express()
    inExpress.protect(app, auth)
    app.use(express.json())
    app.all('/api/*rest', inExpress.guard(auth.signedIn), inExpress.forward(auth, { to, strip: '/api' }))
    return app as unknown as RequestListener
  },
  async hono(auth, to) {
    const app = new Hono()
    const { ready } = inHono.protect(app, auth)
    app.all('/api/*', inHono.guard(auth.signedIn), inHono.forward(auth, { to, strip: '/api' }))
    await ready()
    return getRequestListener(app.fetch)
  },
  async node(auth, to) {
    const handler = inNode.guard(auth.signedIn, inNode.forward(auth, { to, strip: '/api' }))
    return inNode.nodeListener(auth, { routes: { 'GET /api/*': handler, 'POST /api/*': handler } })
  },
}
