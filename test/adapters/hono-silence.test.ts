import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { methodOverride } from 'hono/method-override'
import { mount } from 'hono/mount'
import { trimTrailingSlash } from 'hono/trailing-slash'
import { guard, protect, UndeclaredRoutesError } from '../../src/hono.ts'
import { type Auth, anyone, needs, signedIn } from '../../src/index.ts'
import { signInAs } from '../../src/testing.ts'
import { newAuth, SECRET } from './contract.ts'

let auth: Auth
before(async () => {
  auth = newAuth()
  await auth.ready()
})
after(() => auth.close())

const secret = (c: { text(text: string): Response }) => c.text(SECRET)

const ask = (app: Hono, ...targets: readonly string[]) => askWith({}, app, ...targets)

async function askWith(
  credential: Readonly<Record<string, string>>,
  app: Hono,
  ...targets: readonly string[]
): Promise<number[]> {
  const statuses: number[] = []
  for (const one of targets) {
    const [method = '', target = ''] = one.includes(' ') ? one.split(' ') : ['GET', one]
    const answer = await app.request(target, {
      method,
      headers: { origin: 'http://x.example', ...credential },
    })
    const text = await answer.text()
    assert.ok(answer.status < 400 || !text.includes(SECRET), one)
    statuses.push(answer.status)
  }
  return statuses
}

async function unguarded(ready: () => Promise<void>): Promise<string[]> {
  const error: unknown = await ready().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error === undefined) return []
  assert.ok(error instanceof UndeclaredRoutesError)
  return error.routes.map(({ method, path }) => `${method} ${path}`)
}

test('G-2: Hono: the rule of a group sees the path of the group, whatever a route inside of it calls its parts', async () => {
  const app = new Hono()
  protect(app, auth)
  const seen: unknown[] = []
  const ofSeven = needs({
    if(_principal, { params }) {
      seen.push({ ...params })
      return params.id === '7'
    },
  })
  app.use('/orgs/:id/*', guard(ofSeven))
  app.get('/orgs/:org/items/:id', guard(needs({ roles: ['user'] })), secret)
  app.get('/orgs/:org/list', guard(signedIn), secret)
  const inner = new Hono()
  inner.use(guard(ofSeven))
  inner.use((_c, next) => next())
  inner.get('/:id', secret)
  app.route('/inner', inner)
  const { headers } = await signInAs(auth, 'alice')
  const targets = [
    '/orgs/7/items/8',
    '/orgs/8/items/7',
    '/orgs/7/list',
    '/orgs/8/list',
    '/inner/7',
    '/inner/8',
  ]
  assert.deepEqual(await ask(app, ...targets), [401, 401, 401, 401, 401, 401])
  assert.deepEqual(await askWith({ ...headers }, app, ...targets), [200, 403, 200, 403, 200, 403])
  assert.equal(seen.length, targets.length, 'and is asked once')
})

test('G-1: Hono: routes before `protect`, after it, mounted and for all methods', async () => {
  const app = new Hono()
  app.get('/before', secret)
  const { ready } = protect(app, auth)
  const inner = new Hono()
  inner.get('/guarded', guard(signedIn), secret)
  inner.get('/silent', secret)
  inner.onError((_error, c) => c.text('inner', 500))
  app.route('/inner', inner)
  app.mount('/mounted', () => new Response(SECRET))
  app.all('/all', secret)
  app.on(['PUT', 'PURGE'], '/on', secret)
  assert.deepEqual(await unguarded(ready), [
    'GET /before',
    'GET /inner/silent',
    '* /mounted/*',
    '* /all',
    'PUT /on',
    'PURGE /on',
  ])
  assert.deepEqual(
    await ask(app, '/before', '/inner/guarded', '/inner/silent', '/mounted/x', 'POST /all', 'PURGE /on'),
    [403, 401, 403, 403, 403, 403],
  )
})

test('Hono: a group counts for what follows below it; the words of a route for that route', async () => {
  const app = new Hono()
  const { ready } = protect(app, auth)
  app.use('/admin/*', guard(signedIn))
  app.get('/admin/open', guard(anyone), secret)
  app.get('/administration', secret)
  app.get('/twice', guard(anyone), async (_c, next) => next())
  app.get('/:any', secret)
  app.use('/exact', guard(signedIn))
  app.get('/exact', secret)
  app.get('/exactly', secret)
  assert.deepEqual(await unguarded(ready), ['GET /administration', 'GET /:any', 'GET /exactly'])
  assert.deepEqual(
    await ask(app, '/admin/open', '/admin/nowhere', '/administration', '/twice', '/other'),
    [401, 401, 403, 403, 403],
  )
})

test('G-2: Hono: a rule is asked again for the next route, which has other parts', async () => {
  const app = new Hono()
  protect(app, auth, {
    paths: { '/told/*': needs({ if: (_principal, { params }) => params.id === 'mine' }) },
  })
  const ofMine = needs({ if: (_principal, { params }) => params.id === 'mine' })
  app.get('/:id/:page', guard(ofMine), (_c, next) => next())
  app.get('/mine/:id', guard(ofMine), secret)
  app.get('/told/:id/:page', (_c, next) => next())
  app.get('/told/mine/:id', secret)
  const { headers } = await signInAs(auth, 'alice')
  const targets = ['/mine/other', '/mine/mine', '/told/mine/other', '/told/mine/mine']
  assert.deepEqual(await askWith({ ...headers }, app, ...targets), [403, 200, 403, 200])
})

test('G-1: Hono: what is mounted needs a word, wherever it was mounted', async () => {
  const foreign = (request: Request) => new Response(SECRET + new URL(request.url).pathname)
  const [sub, failing] = [new Hono(), new Hono()]
  sub.mount('/mounted', foreign)
  failing.mount('/mounted', foreign)
  failing.onError((_error, c) => c.text('failed', 500))
  class Own extends Hono {
    constructor(needed: { readonly path: string }) {
      super()
      this.mount(needed.path, foreign)
    }
  }
  const app = new Own({ path: '/before' })
  const { ready } = protect(app, auth)
  app.use('/open/*', guard(anyone))
  app.use((_c, next) => next())
  app.route('/sub', sub)
  app.route('/failing', failing)
  app.route('/open', sub)
  app.basePath('/based').mount('/', foreign)
  app.all('/made/*', mount(foreign))
  app.get('*', guard(anyone), (c) => c.text('a page'))
  const mounts = ['/before', '/sub/mounted', '/failing/mounted', '/based', '/made']
  assert.deepEqual(
    await unguarded(ready),
    mounts.map((path) => `* ${path}/*`),
  )
  assert.deepEqual(
    await ask(app, ...mounts.map((path) => `${path}/x`), '/page'),
    [403, 403, 403, 403, 403, 200],
  )
  assert.equal(await (await app.request('/open/mounted/x')).text(), `${SECRET}/x`)
})

test('G-1: Hono: routes of a guarded application answer in another one only where the same auth guards that', async () => {
  const guarded = (by: Auth) => {
    const inner = new Hono()
    protect(inner, by, { paths: { '/by-path': signedIn } })
    inner.get('/by-path', secret)
    inner.get('/own', guard(signedIn), secret)
    return inner
  }
  const open = new Hono()
  open.onError((_error, c) => c.text('failed', 500))
  open.route('/in', guarded(auth))
  assert.deepEqual(await ask(open, '/in/by-path', '/in/own', '/in/none', '/none'), [500, 500, 500, 404])

  const same = new Hono()
  const { ready } = protect(same, auth, { paths: { '/in/by-path': signedIn } })
  same.route('/in', guarded(auth))
  assert.deepEqual(await unguarded(ready), [])
  assert.deepEqual(await ask(same, '/in/by-path', '/in/own', '/in/none'), [401, 401, 404])
  const { headers } = await signInAs(auth, 'alice')
  assert.deepEqual(await askWith({ ...headers }, same, '/in/by-path', '/in/own'), [200, 200])

  const other = newAuth()
  try {
    const two = new Hono()
    const protection = protect(two, auth, { paths: { '/in/by-path': signedIn } })
    two.onError((_error, c) => c.text('failed', 500))
    two.route('/in', guarded(other))
    assert.deepEqual(await unguarded(protection.ready), ['* /in/* (application of another protect)'])
    assert.deepEqual(await askWith({ ...headers }, two, '/in/by-path', '/in/own'), [500, 500])
  } finally {
    await other.close()
  }
})

test('G-2: Hono: a rule for all paths is told no part that what follows names differently', async () => {
  const app = new Hono()
  protect(app, auth)
  const ofMine = needs({ if: (_principal, { params }) => params.org === 'mine' })
  app.use(guard(ofMine))
  app.use('/:org/*', (_c, next) => next())
  app.get('/:any/:org', guard(signedIn), secret)
  app.get('/:org', guard(signedIn), secret)
  const { headers } = await signInAs(auth, 'alice')
  const targets = ['/mine/other', '/other/mine', '/mine', '/other']
  assert.deepEqual(await askWith({ ...headers }, app, ...targets), [403, 403, 200, 403])
})

test('G-1: Hono: a guard that stands as a route of its own is met before whatever comes after it', async () => {
  const app = new Hono()
  const { ready } = protect(app, auth, { paths: { '/all': anyone } })
  const admin = needs({ roles: ['admin'] })
  app.get('/admin/*', guard(admin))
  app.get('/admin/open', guard(anyone), secret)
  app.get('/apart', guard(admin))
  app.use(guard(anyone))
  app.get('/apart', secret)
  app.get('/open', secret)
  const other = new Hono()
  protect(other, auth, { paths: { '/all': anyone } })
  other.get('/all', guard(admin))
  other.all('/all', (c) => secret(c))
  assert.deepEqual(await unguarded(ready), [])
  assert.deepEqual(await ask(app, '/admin/open', '/apart', '/open', '/admin/none'), [401, 401, 200, 401])
  assert.deepEqual(await ask(other, '/all', 'POST /all'), [401, 200])
  const { headers } = await signInAs(auth, 'alice')
  const alice = (target: string) => askWith({ ...headers }, app, target)
  assert.deepEqual([await alice('/admin/open'), await alice('/apart')], [[403], [403]])
})

test('G-1: Hono: what a not-found handler answers as if it were a route needs one', async () => {
  const app = new Hono()
  protect(app, auth)
  app.use('/files/*', (_c, next) => next())
  app.notFound((c) => c.text(SECRET, c.req.path === '/gone' ? 410 : 200))
  const gone = await app.request('/gone')
  assert.equal(gone.status, 410)
  assert.deepEqual(await ask(app, '/nowhere', '/files/nowhere'), [403, 403])
})

test('Hono: the issuer answers behind middleware, whatever was asked before', async () => {
  const app = new Hono()
  protect(app, auth)
  app.use((_c, next) => next())
  app.get('/x', guard(anyone), secret)
  assert.deepEqual(await ask(app, '/nowhere', '/healthz', '/x', '/healthz'), [404, 200, 200, 200])
})

test('Hono: middleware before the guard answers first; what middleware answers alone needs a word', async () => {
  const app = new Hono()
  app.use(cors({ origin: '*' }))
  const { ready } = protect(app, auth, { paths: { '/static/*': anyone } })
  app.get('/x', guard(signedIn), secret)
  const serve = async (c: { text(text: string): Response }, _next: () => Promise<void>) => c.text('file')
  app.use('/static/*', serve)
  app.use('/silent/*', serve)
  assert.deepEqual(await unguarded(ready), [])
  assert.deepEqual(
    await ask(app, '/x', 'OPTIONS /x', '/static/a', '/silent/a', '/nowhere', 'OPTIONS /silent/a'),
    [401, 204, 200, 403, 404, 204],
  )
  const refused = await app.request('/x', { headers: { origin: 'http://x.example' } })
  assert.equal(refused.headers.get('access-control-allow-origin'), '*', 'a browser may read the refusal')
})

test('Hono: a method that was overridden is the one that counts', async () => {
  const app = new Hono()
  protect(app, auth)
  app.use('/x', methodOverride({ app, header: 'X-Method' }))
  app.post('/x', guard(anyone), (c) => c.text('open'))
  app.delete('/x', guard(signedIn), secret)
  const answer = await app.request('/x', { method: 'POST', headers: { 'X-Method': 'DELETE' } })
  assert.equal(answer.status, 401)
})

test('G-1: Hono: what middleware answers is for whom the word behind it lets in', async () => {
  const app = new Hono()
  const { ready } = protect(app, auth)
  const closed: string[] = []
  const file = (path: string) => {
    const body = new ReadableStream({ cancel: () => void closed.push(path) })
    return new Response(path.endsWith('.txt') ? SECRET : body)
  }
  app.use(cors({ origin: '*' }))
  app.use('/files/*', async (c, next) => (c.req.path.endsWith('/') ? next() : file(c.req.path)))
  app.use('/set/*', async (c, _next) => {
    c.res = file(c.req.path)
  })
  app.use('/moved/*', async (c, _next) => c.redirect('/page'))
  app.use('/wrong/*', async (c, _next) => c.text('wrong', 400))
  app.use('/same/*', async (c, _next) => c.body(null, 304))
  app.use('/:id/rule/*', async (c, _next) => c.text(SECRET))
  app.get('/:any/rule/:id', guard(needs({ if: (_principal, { params }) => params.id === 'mine' })), secret)
  app.get('*', guard(signedIn), (c) => c.text('a page'))
  assert.deepEqual(await unguarded(ready), [])
  const targets = ['/files/a.txt', '/set/a.txt', '/files/', '/same/x']
  assert.deepEqual(await ask(app, ...targets), [401, 401, 401, 401])
  assert.deepEqual(await ask(app, '/moved/x', '/wrong/x', 'OPTIONS /files/a.txt'), [302, 400, 204])
  const refused = await app.request('/files/a.txt', { headers: { origin: 'http://x.example' } })
  assert.equal(refused.headers.get('access-control-allow-origin'), '*', 'a browser may read the refusal')
  assert.deepEqual(await ask(app, '/files/big', '/set/big', 'POST /files/big'), [401, 401, 403])
  assert.deepEqual(closed, ['/files/big', '/set/big', '/files/big'], 'nothing is left open')
  const { headers } = await signInAs(auth, 'alice')
  assert.deepEqual(await askWith({ ...headers }, app, ...targets), [200, 200, 200, 304])
  const ruled = ['/other/rule/mine', '/mine/rule/other']
  assert.deepEqual(
    [await ask(app, ...ruled), await askWith({ ...headers }, app, ...ruled)],
    [
      [401, 401],
      [200, 403],
    ],
  )
})

test('Hono: what the application answered to its own middleware is for whoever asks', async () => {
  const app = new Hono()
  protect(app, auth)
  app.use('/items', methodOverride({ app }))
  app.use('/old/*', async (c, _next) => app.fetch(new Request(new URL('/items', c.req.url), c.req.raw)))
  app.use('/kept/*', async (c, _next) => {
    await app.request('/open')
    return c.text(SECRET)
  })
  app.delete('/items', guard(signedIn), (c) => c.text('removed'))
  app.get('/open', guard(anyone), (c) => c.text('open'))
  const over = { 'content-type': 'application/x-www-form-urlencoded' }
  const remove = async (credential: object, method: string) => {
    const body = `_method=${method}`
    return (await app.request('/items', { method: 'POST', headers: { ...over, ...credential }, body })).status
  }
  const { headers } = await signInAs(auth, 'alice')
  assert.deepEqual([await remove({}, 'DELETE'), await remove(headers, 'DELETE')], [401, 200])
  assert.deepEqual([await remove({}, 'PUT'), await remove(headers, 'PUT')], [404, 404])
  assert.deepEqual(await ask(app, '/kept/x', 'DELETE /old/x'), [403, 401])
  assert.deepEqual(await askWith({ ...headers }, app, 'DELETE /old/x'), [200])
})

test('Hono: a redirect and a preflight where no route is pass, and nothing else that is no error', async () => {
  const app = new Hono()
  protect(app, auth)
  app.use(trimTrailingSlash())
  app.get('/page', guard(anyone), (c) => c.text('a page'))
  app.use('/with/:status', async (c, _next) => c.body(null, Number(c.req.param('status')) as 204))
  app.options('/with/204', guard(signedIn), secret)
  app.use('/text', async (c, _next) => c.text(SECRET))
  assert.deepEqual(await ask(app, '/page/', '/page', '/none'), [301, 200, 404])
  assert.deepEqual(
    await ask(app, '/with/204', '/with/304', '/with/400', 'OPTIONS /text'),
    [403, 403, 400, 403],
  )
  assert.deepEqual(
    await ask(app, 'OPTIONS /with/204', 'OPTIONS /with/202', 'POST /with/204'),
    [204, 403, 403],
  )
})

test('G-2: Hono: a guard that is a route of its own is asked with the parts of that route, and wherever it stands', async () => {
  const app = new Hono()
  protect(app, auth)
  app.get('/:id', guard(needs({ if: (_principal, { params }) => params.id !== 'hidden' })))
  app.use((_c, next) => next())
  app.get('/:name', guard(signedIn), secret)
  const apart = new Hono()
  protect(apart, auth)
  apart.get('/x', guard(needs({ roles: ['user'] })))
  apart.get('/:any', guard(anyone), (_c, next) => next())
  apart.get('/x', secret)
  const { headers } = await signInAs(auth, 'alice')
  assert.deepEqual(await askWith({ ...headers }, app, '/hidden', '/shown'), [403, 200])
  assert.deepEqual([await ask(apart, '/x'), await askWith({ ...headers }, apart, '/x')], [[401], [200]])
})

test('G-1: Hono: a word for a part of what middleware serves stops the start, for nobody would be asked for it', async () => {
  for (const path of ['/*', '/private/*']) {
    const app = new Hono()
    const { ready } = protect(app, auth, {
      paths: { '/*': anyone, '/private/*': signedIn, '/docs/*': anyone },
    })
    app.use(path, async (c, _next) => c.text(SECRET))
    if (path === '/*') await assert.rejects(ready(), /declared at or below \/private\/\*/)
    else {
      await ready()
      assert.deepEqual(await ask(app, '/private/x'), [401])
    }
  }
})

test('Hono: a route for all paths leaves the issuer its own, one that names the path does not', async () => {
  const app = new Hono()
  protect(app, auth)
  app.use((_c, next) => next())
  app.get('/docs', guard(anyone), (c) => c.text('my own'))
  app.get('*', guard(signedIn), (c) => c.text('a page'))
  app.all('/*', guard(anyone), (c) => c.text('a page'))
  assert.deepEqual(await ask(app, '/healthz', '/page', '/healthz', 'POST /page'), [200, 401, 200, 200])
  assert.equal(await (await app.request('/docs')).text(), 'my own')
  assert.notEqual(await (await app.request('/.well-known/jwks.json')).text(), 'a page')
})

test('Hono: a guard without `protect` refuses', async () => {
  const app = new Hono()
  app.onError((_error, c) => c.text('failed', 500))
  app.get('/x', guard(anyone), secret)
  assert.deepEqual(await ask(app, '/x'), [500])
})
