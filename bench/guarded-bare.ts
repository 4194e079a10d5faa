import { createServer, type Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'

const HOUR = 3_600_000
const START = 'Bearer '.length

interface Known {
  readonly principal: object
  readonly endsAt: number
}

/**
 * The same route behind the least that a guard can do: it finds the whole text of a token in a Map and looks at the clock.
 * Nothing is verified, one credential is known and nothing can be revoked: what is left of the unguarded route here is the
 * limit for those who do all that.
 */
export async function openBare(framework: string, tokens: readonly string[]): Promise<Server> {
  const ends = Date.now() + HOUR
  const known = new Map(
    tokens.map((token, at): [string, Known] => [token, { principal: { id: `user-${at}` }, endsAt: ends }]),
  )
  const find = (authorization: string | undefined): object | undefined => {
    const found = known.get(authorization?.slice(START) ?? '')
    return found !== undefined && Date.now() < found.endsAt ? { ...found.principal } : undefined
  }

  if (framework === 'fastify') {
    const app = Fastify()
    app.decorateRequest('principal', undefined)
    app.get(
      '/item',
      {
        onRequest(request, reply, done) {
          const principal = find(request.headers.authorization)
          if (principal === undefined) {
            reply.code(401).send()
            return
          }
          Object.assign(request, { principal })
          done()
        },
      },
      () => 'hello',
    )
    await app.ready()
    return app.server
  }
  if (framework === 'hono') {
    const app = new Hono<{ Variables: { principal: object } }>()
    app.get('/item', (c, next) => {
      const principal = find(c.req.header('authorization'))
      if (principal === undefined) return Promise.resolve(c.text('', 401))
      c.set('principal', principal)
      return next()
    })
    app.get('/item', (c) => c.text('hello'))
    return createAdaptorServer({ fetch: app.fetch }) as Server
  }
  const app = express()
  app.get(
    '/item',
    (request, response, next) => {
      const principal = find(request.headers.authorization)
      if (principal === undefined) {
        response.sendStatus(401)
        return
      }
      response.locals.principal = principal
      next()
    },
    (_request, response) => void response.send('hello'),
  )
  return createServer(app)
}
