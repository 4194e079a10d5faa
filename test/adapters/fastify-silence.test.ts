import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { guard, guardScope, protect, UndeclaredRoutesError } from '../../src/fastify.ts'
import { type Auth, anyone, createAuth, credential, needs, signedIn } from '../../src/index.ts'
import { signInAs } from '../../src/testing.ts'
import { newAuth, SECRET } from './contract.ts'

let auth: Auth
before(() => {
  auth = newAuth()
})
after(() => auth.close())

const secret = () => SECRET

async function unguarded(app: FastifyInstance): Promise<string[]> {
  const error: unknown = await app.ready().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error === undefined) return []
  assert.ok(error instanceof UndeclaredRoutesError)
  return error.routes.map(({ method, path }) => `${method} ${path}`)
}

async function ask(app: FastifyInstance, ...targets: readonly string[]): Promise<number[]> {
  const statuses: number[] = []
  for (const one of targets) {
    const [method = '', url = ''] = one.includes(' ') ? one.split(' ') : ['GET', one]
    const { statusCode, body } = await app.inject({ method: method as 'GET', url })
    assert.ok(statusCode < 400 || !body.includes(SECRET), one)
    statuses.push(statusCode)
  }
  return statuses
}

test('G-1: Fastify: routes that were there before `protect` stop the start, whatever they say', async () => {
  const app = Fastify()
  app.get('/before/:id', guard(signedIn), secret)
  app.register(async (child) => void child.post('/child', secret))
  await app.after()
  protect(app, auth)
  app.get('/after', guard(signedIn), secret)
  assert.deepEqual(await unguarded(app), ['GET /before/:id', 'POST /child'])
  await assert.rejects(
    async () => app.ready(),
    /GET {2}\/before\/:id {2}\(stands before protect, which comes first\)/,
  )
})

test('G-1: Fastify: so do those that differ by a constraint, of other methods, and a not-found handler', async () => {
  const app = Fastify()
  app.addHttpMethod('M-SEARCH')
  for (const version of ['1.0.0', '2.0.0']) app.get('/a/b', { constraints: { version } }, secret)
  app.put('/a/b', secret)
  app.route({ method: 'M-SEARCH', url: '/a', handler: secret })
  app.post('/a/c', { constraints: { host: 'x.example' } }, secret)
  app.setNotFoundHandler((_request, reply) => reply.code(200).send(SECRET))
  app.register(async (child) => child.setNotFoundHandler((_request, reply) => reply.code(200).send(SECRET)), {
    prefix: '/v1',
  })
  await app.after()
  protect(app, auth, { notFound: anyone })
  assert.deepEqual(await unguarded(app), [
    'M-SEARCH /a',
    'GET /a/b',
    'GET /a/b',
    'PUT /a/b',
    'POST /a/c',
    '* / (not-found handler)',
    '* /v1 (not-found handler)',
  ])
})

test('G-1: Fastify: plugins that were loaded before `protect` are guarded from then on', async () => {
  const app = Fastify()
  const scopes: FastifyInstance[] = []
  await app.register(
    async (outer) => {
      scopes.push(outer)
      await outer.register(async (inner) => void scopes.push(inner))
    },
    { prefix: '/v1' },
  )
  protect(app, auth)
  for (const [at, scope] of scopes.entries()) {
    scope.get(`/guarded/${at}`, guard(signedIn), secret)
    scope.get(`/silent/${at}`, secret)
  }
  assert.deepEqual(await unguarded(app), ['GET /v1/silent/0', 'GET /v1/silent/1'])
  assert.deepEqual(await ask(app, '/v1/guarded/0', '/v1/silent/0', '/v1/silent/1'), [401, 403, 403])
})

test('G-1: Fastify: a list of the routes takes nothing away from the start that comes after it', async () => {
  const app = Fastify()
  const { ready, routes } = protect(app, auth)
  app.get('/silent', secret)
  assert.equal((await routes()).length, 1)
  await assert.rejects(ready(), UndeclaredRoutesError)
  await assert.rejects(app.listen({ port: 0, host: '127.0.0.1' }), UndeclaredRoutesError)
  assert.deepEqual(await ask(app, '/silent'), [403])
})

test('Fastify: a plugin that fails is no reason to tell of its routes as if they were all', async () => {
  const app = Fastify()
  const protection = protect(app, auth)
  app.register(async () => {
    throw new Error('no plugin')
  })
  await assert.rejects(protection.routes(), /no plugin/)
})

test('G-1: Fastify: a HEAD of its own is not the twin that Fastify adds', async () => {
  const app = Fastify()
  protect(app, auth)
  app.head('/only', secret)
  app.head('/both', secret)
  app.get('/both', guard(signedIn), secret)
  app.get('/other', secret)
  assert.deepEqual(await unguarded(app), ['HEAD /only', 'HEAD /both', 'GET /other'])
})

test('G-1: Fastify: what is no word is taken for none', () => {
  for (const none of [undefined, {}, 'anyone', signedIn.constructor]) {
    assert.throws(() => guard(none as never), /not an access word/)
    assert.throws(() => guardScope(Fastify(), none as never), /not an access word/)
  }
})

test('G-1: Fastify: guards without `protect` refuse, and `protect` inside of a plugin does not pass for one', async () => {
  const bare = Fastify()
  bare.get('/x', guard(anyone), secret)
  bare.get('/y', { ...guard(signedIn), schema: {} }, secret)
  assert.deepEqual(await ask(bare, '/x', '/y', 'HEAD /x'), [500, 500, 500])
  const grouped = Fastify()
  grouped.register(async (plugin) => guardScope(plugin, signedIn))
  await assert.rejects(async () => grouped.ready(), /protect\(app, auth\)/)

  const app = Fastify()
  app.register(async (plugin) => void protect(plugin, auth))
  app.get('/outside', secret)
  await assert.rejects(async () => app.ready(), /fastify-plugin/)
  const whole = Fastify()
  const plugin = async (instance: FastifyInstance) => void protect(instance, auth)
  whole.register(Object.assign(plugin, { [Symbol.for('skip-override')]: true }))
  whole.register(async (inner) => {
    guardScope(inner, signedIn)
    inner.get('/inside', secret)
  })
  whole.after(() => void whole.get('/x', guard(signedIn), secret))
  await whole.ready()
  assert.deepEqual(await ask(whole, '/inside', '/x'), [401, 401])
  await whole.close()
})

test('Fastify: a hook of others that puts what is there into functions of its own does not take a guard for one', async () => {
  const app = Fastify()
  // As programs do that measure, which have to be there first.
  app.addHook('onRoute', (options) => {
    options.onRequest = [options.onRequest ?? []].flat().map(
      (hook) =>
        function measured(request, reply, done) {
          return Reflect.apply(hook, undefined, [request, reply, done])
        } satisfies typeof hook,
    )
  })
  protect(app, auth)
  app.get('/x', guard(signedIn), secret)
  app.get('/open', guard(anyone), () => 'open')
  await app.ready()
  assert.deepEqual(await ask(app, '/x', '/open'), [401, 200])
  await app.close()
})

test('G-2: Fastify: two parts of one name stop the start where a rule would see one of them', async () => {
  const rule = needs({ if: (_principal, { params }) => params.id === 'mine' })
  const app = Fastify()
  protect(app, auth)
  app.get('/free/:id/:id', guard(anyone), () => 'open')
  app.get('/colon::id/:id', guard(rule), secret)
  app.get('/pattern/:id(^(?:a|b)$)/:other(^(?:a|b)$)', guard(rule), secret)
  await app.ready()
  await app.close()
  const other = Fastify()
  protect(other, auth)
  other.register(
    async (plugin) => {
      guardScope(plugin, rule)
      plugin.get('/items/:id', guard(signedIn), secret)
    },
    { prefix: '/orgs/:id' },
  )
  await assert.rejects(async () => other.ready(), /GET \/orgs\/:id\/items\/:id: two of its parts/)
})

test('G-1: Fastify: a word for a part of what a route serves stops the start, for nobody would be asked for it', async () => {
  for (const url of ['/*', '/private/*']) {
    const app = Fastify()
    protect(app, auth, { paths: { '/*': anyone, '/private/*': signedIn, '/docs/*': anyone } })
    app.register(async (plugin) => void plugin.get(url, secret))
    if (url === '/*') await assert.rejects(async () => app.ready(), /declared at or below \/private\/\*/)
    else assert.deepEqual(await ask(app, '/private/x'), [401])
    await app.close()
  }
})

test('Fastify: a route for all paths leaves the issuer its own, one that names the path does not', async () => {
  const app = Fastify()
  protect(app, auth, { cors: auth.cors, headers: { 'x-mine': 'yes' } })
  app.get('/*', guard(signedIn), secret)
  app.options('*', guard(anyone), () => 'options')
  app.get('/docs', guard(anyone), (_request, reply) => reply.header('x-mine', 'own').send('my own'))
  await app.ready()
  assert.deepEqual(await ask(app, '/healthz', '/page', 'OPTIONS /page'), [200, 401, 200])
  const { body, headers } = await app.inject('/docs')
  assert.deepEqual([body, headers['x-mine']], ['my own', 'own'])
  assert.equal((await app.inject('/healthz')).headers['x-mine'], undefined)
  assert.equal((await app.inject('/page')).headers['x-mine'], 'yes')
  await app.close()
})

test('G-1: Fastify: a word by path and method is for that method, and for HEAD where it is for GET', async () => {
  const app = Fastify()
  protect(app, auth, { paths: { 'GET /metrics': anyone, 'GET /several': anyone } })
  app.get('/metrics', () => 'numbers')
  assert.deepEqual(await unguarded(app), [])
  assert.deepEqual(await ask(app, '/metrics', 'HEAD /metrics'), [200, 200])
  await app.close()

  const other = Fastify()
  protect(other, auth, { paths: { 'GET /several': anyone } })
  other.route({ method: ['GET', 'DELETE'], url: '/several', exposeHeadRoute: false, handler: secret })
  assert.deepEqual(await unguarded(other), ['DELETE /several'])
  assert.deepEqual(await ask(other, '/several', 'DELETE /several'), [403, 403], 'one handler has one word')
})

test('G-1: Fastify: plugins, prefixes, both slashes, several methods, wildcards, and a late handler for nothing found', async () => {
  const app = Fastify()
  protect(app, auth)
  app.register(
    async (plugin) => {
      plugin.get('/', secret)
      plugin.get('/guarded', guard(signedIn), secret)
      plugin.route({ method: ['PUT', 'DELETE'], url: '/several', handler: secret })
      plugin.setNotFoundHandler((_request, reply) => reply.code(200).send(SECRET))
    },
    { prefix: '/plugin' },
  )
  app.all('/all', secret)
  app.options('*', secret)
  app.setNotFoundHandler((_request, reply) => reply.code(200).send(SECRET))
  const silent = await unguarded(app)
  for (const route of [
    'GET /plugin',
    'PUT /plugin/several',
    'DELETE /plugin/several',
    'OPTIONS *',
    'GET /all',
    '* / (not-found handler)',
    '* /plugin (not-found handler)',
  ]) {
    assert.ok(silent.includes(route), `${route} in ${silent.join(', ')}`)
  }
  assert.ok(!silent.some((route) => route.includes('guarded')))
})

test('Fastify: a group counts for its plugin and those inside, before and after the line that says so', async () => {
  const app = Fastify()
  protect(app, auth, { paths: { '/metrics': anyone, 'OPTIONS *': anyone }, notFound: anyone })
  app.register(async (admin) => {
    admin.get('/early', secret)
    admin.register(async (inner) => {
      inner.get('/inner', guard(anyone), secret)
      guardScope(inner, anyone)
    })
    guardScope(admin, signedIn)
    admin.get('/late', secret)
  })
  app.get('/metrics', () => 'open')
  app.options('*', () => 'open')
  app.setNotFoundHandler((_request, reply) => void reply.code(404).send('mine'))
  assert.deepEqual(await unguarded(app), [])
  assert.deepEqual(
    await ask(app, '/early', '/inner', '/late', '/metrics', 'OPTIONS /late', '/nowhere'),
    [401, 401, 401, 200, 200, 404],
  )
  assert.equal((await app.inject('/nowhere')).body, 'mine')
  assert.throws(() => app.get('/too-late', secret), 'Fastify itself takes no late routes')
  await app.close()
})

test('Fastify: what no route answers to is 404 before a handler without a word', async () => {
  const app = Fastify()
  protect(app, auth)
  app.get('/x', guard(anyone), () => 'open')
  await app.ready()
  assert.deepEqual(await ask(app, '/nowhere', 'POST /x'), [404, 404])
  assert.equal((await app.inject('/nowhere')).headers['content-type'], 'application/problem+json')
  await app.close()
})

test('G-1: Fastify: a not-found handler that a route hands on to has its word there too, asked once', async () => {
  const app = Fastify()
  const ruled: string[] = []
  const validated: string[] = []
  protect(app, auth, { notFound: needs({ if: (_principal, { target }) => ruled.push(target) > 0 }) })
  const asked: string[] = []
  app.get('/x', guard(anyone), (_request, reply) => void reply.callNotFound())
  app.get('/y', guard(signedIn), (_request, reply) => void reply.callNotFound())
  app.setNotFoundHandler(
    {
      preHandler: [
        (request, _reply, done) => {
          asked.push(request.url)
          done()
        },
      ],
    },
    (_request, reply) => reply.code(200).send(SECRET),
  )
  app.register(
    async (plugin) => {
      plugin.get('/x', guard(anyone), (_request, reply) => void reply.callNotFound())
      const preValidation = async () => void validated.push('plugin')
      plugin.setNotFoundHandler({ preValidation }, (_request, reply) => reply.code(200).send(SECRET))
    },
    { prefix: '/plugin' },
  )
  await app.ready()
  const targets = ['/none', '/x', '/y', '/plugin/none', '/plugin/x']
  assert.deepEqual(await ask(app, ...targets), [401, 401, 401, 401, 401])
  assert.deepEqual(asked, [])
  const { headers } = await signInAs(auth, 'alice')
  for (const url of targets) {
    assert.equal((await app.inject({ url, headers: { ...headers } })).body, SECRET, url)
  }
  assert.deepEqual(asked, ['/none', '/x', '/y'])
  assert.deepEqual(ruled, targets)
  assert.deepEqual([...new Set(validated)], ['plugin'], 'its other hooks stay')
  await app.close()
})

test('G-1: Fastify: no later `onRoute` hook takes the check away', async () => {
  const app = Fastify()
  protect(app, auth)
  const seen: string[] = []
  app.addHook('onRoute', (options) => {
    options.onRequest = (request, _reply, done) => {
      seen.push(request.url)
      done()
    }
  })
  app.addHook('onRoute', (options) => {
    const { onRequest } = options
    if (Array.isArray(onRequest)) onRequest.push((_request, _reply, done) => done())
    // As programs do that measure: what is there is put into functions of their own.
    options.onRequest = [onRequest ?? []].flat().map(
      (hook) =>
        function measured(request, reply, done) {
          return hook.call(this, request, reply, done)
        } satisfies typeof hook,
    )
  })
  app.get('/x', guard(signedIn), secret)
  app.get('/open', guard(anyone), () => 'open')
  await app.ready()
  assert.deepEqual(await ask(app, '/x', 'HEAD /x', '/open'), [401, 401, 200])
  assert.deepEqual(seen, ['/open'])
  await app.close()
})

test('Fastify: a route that shares a path by a constraint has its own word', async () => {
  const app = Fastify()
  protect(app, auth)
  app.get('/x', { ...guard(anyone), constraints: { version: '1.0.0' } }, () => 'open')
  app.get('/x', { ...guard(signedIn), constraints: { version: '2.0.0' } }, secret)
  await app.ready()
  const statusOf = async (version: string) =>
    (await app.inject({ url: '/x', headers: { 'accept-version': version } })).statusCode
  assert.equal(await statusOf('1.x'), 200)
  assert.equal(await statusOf('2.x'), 401)
  await app.close()
})

test('Fastify: over HTTP/2, where browsers send each cookie by itself, the session is found among them', async () => {
  const read = (header: string | undefined) => header?.split('; ').find((one) => one.startsWith('own='))
  const own = credential({
    name: 'own',
    read: (request) => read(request.header('cookie')),
    verify: (text) => (text === 'own=1' ? { id: 'alice', expiresAt: 9e9 } : undefined),
  })
  const secretKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  const owning = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    secretKey,
    credentials: [own],
  })
  const app = Fastify({ http2: true })
  protect(app as never, owning)
  app.get('/x', guard(signedIn), secret)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  try {
    const stream = session.request({ ':path': '/x', cookie: ['a=1', 'own=1', 'b=2'] as never })
    const [headers] = (await once(stream, 'response')) as [{ ':status': number }]
    assert.equal(headers[':status'], 200)
    stream.close()
  } finally {
    session.destroy()
    await app.close()
    await owning.close()
  }
})
