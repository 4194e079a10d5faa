import { createServer, type Server } from 'node:http'
import fastifyJwt from '@fastify/jwt'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { jwt } from 'hono/jwt'
import { Redis } from 'ioredis'
import passport from 'passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import type { Signer } from './first-sight.ts'

/**
 * The same route behind what people use there: HS256, their cheapest. With Redis, the `jti` is looked up in a deny-list
 * on each request, which is how their documentation revokes.
 */
export async function openPeer(framework: string, { secret }: Signer, redisUrl?: string): Promise<Server> {
  const redis = redisUrl === undefined ? undefined : new Redis(redisUrl)
  const isDenied = async (jti: unknown): Promise<boolean> =>
    redis !== undefined && (await redis.exists(`deny:${String(jti)}`)) === 1
  const text = secret.toString('base64url')
  // The tokens are signed with the bytes; these libraries take text or bytes.
  const key = Buffer.from(text, 'base64url')

  if (framework === 'fastify') {
    const app = Fastify()
    await app.register(fastifyJwt, { secret: key })
    app.get(
      '/item',
      {
        async onRequest(request, reply) {
          const claims = await request.jwtVerify<{ jti: string }>()
          if (redis !== undefined && (await isDenied(claims.jti))) await reply.code(401).send()
        },
      },
      () => 'hello',
    )
    await app.ready()
    return app.server
  }
  if (framework === 'hono') {
    const app = new Hono<{ Variables: { jwtPayload: { readonly jti?: string } } }>()
    const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [
      'verify',
    ])
    app.use(jwt({ secret: imported as never, alg: 'HS256' }))
    if (redis !== undefined) {
      app.use(async (c, next) => ((await isDenied(c.get('jwtPayload').jti)) ? c.text('', 401) : next()))
    }
    app.get('/item', (c) => c.text('hello'))
    return createAdaptorServer({ fetch: app.fetch }) as Server
  }
  const app = express()
  passport.use(
    new Strategy(
      { jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: key, algorithms: ['HS256'] },
      (claims: { readonly jti: string }, done) => {
        if (redis === undefined) done(null, claims)
        else isDenied(claims.jti).then((denied) => done(null, denied ? false : claims), done)
      },
    ),
  )
  app.use(passport.initialize())
  app.get('/item', passport.authenticate('jwt', { session: false }), (_request, response) => {
    response.send('hello')
  })
  return createServer(app)
}
