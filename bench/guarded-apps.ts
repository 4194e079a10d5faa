import { createServer, type Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import type { Gated } from '../src/index.ts'

/** One route that answers a text, checked where a gate is given; the adapter is the one that was built. */
export async function openApp(framework: string, gated?: Gated | Promise<Gated>): Promise<Server> {
  const auth = await gated
  const door = async <Door>(name: string): Promise<Door> =>
    (await import(new URL(`../dist/${name}.js`, import.meta.url).href)) as Door
  const { signedIn } = await door<typeof import('../src/index.ts')>('index')
  if (framework === 'fastify') {
    const app = Fastify()
    if (auth === undefined) app.get('/item', () => 'hello')
    else {
      const { guard, protect } = await door<typeof import('../src/fastify.ts')>('fastify')
      protect(app, auth)
      app.get('/item', guard(signedIn), () => 'hello')
    }
    await app.ready()
    return app.server
  }
  if (framework === 'hono') {
    const app = new Hono()
    if (auth === undefined) app.get('/item', (c) => c.text('hello'))
    else {
      const { guard, protect } = await door<typeof import('../src/hono.ts')>('hono')
      await protect(app, auth).ready()
      app.get('/item', guard(signedIn), (c) => c.text('hello'))
    }
    return createAdaptorServer({ fetch: app.fetch }) as Server
  }
  const app = express()
  if (auth === undefined) app.get('/item', (_request, response) => void response.send('hello'))
  else {
    const { guard, protect } = await door<typeof import('../src/express.ts')>('express')
    protect(app, auth)
    app.get('/item', guard(signedIn), (_request, response) => void response.send('hello'))
  }
  return createServer(app)
}
