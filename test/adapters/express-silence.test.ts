import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import express, { type Express, type RequestParamHandler } from 'express'
import { guard, protect, UndeclaredRoutesError } from '../../src/express.ts'
import { type Auth, anyone, limited, needs, signedIn } from '../../src/index.ts'
import { signInAs } from '../../src/testing.ts'
import { newAuth, SECRET } from './contract.ts'
import { sendRaw } from './raw-request.ts'

let auth: Auth
before(() => {
  auth = newAuth()
})
after(() => auth.close())

/** Serves the application and asks it as a stranger. */
const ask = (app: Express, ...targets: readonly string[]) => askWith({}, app, ...targets)

async function askWith(
  credential: Readonly<Record<string, string>>,
  app: Express,
  ...targets: readonly string[]
): Promise<number[]> {
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const statuses: number[] = []
    for (const one of targets) {
      const [method = '', target = ''] = one.includes(' ') ? one.split(' ') : ['GET', one]
      const { status, headers, body } = await sendRaw((server.address() as AddressInfo).port, {
        method,
        target,
        headers: Object.entries(credential),
      })
      assert.ok(status < 400 || !`${Object.values(headers)} ${body}`.includes(SECRET), one)
      const length = method === 'HEAD' || status === 304 ? undefined : headers['content-length']
      assert.equal(body.length, Number(length ?? body.length), `${one} is whole`)
      statuses.push(status)
    }
    return statuses
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const secret = (_request: unknown, response: { send(text: string): unknown }) => void response.send(SECRET)

function unguarded(app: Express): string[] {
  try {
    app.listen(0).close()
    return []
  } catch (error) {
    assert.ok(error instanceof UndeclaredRoutesError)
    return error.routes.map(({ method, path }) => `${method} ${path}`)
  }
}

test('G-1: Express: routes and routers before `protect`, after it, and late', async () => {
  const app = express()
  const early = express.Router()
  early.get('/router', secret)
  app.get('/before', secret)
  app.use('/early', early)
  app.get('/before/guarded', guard(signedIn), secret)
  protect(app, auth)
  app.get('/after', secret)
  app.route('/chained').get(secret).post(guard(signedIn), secret)
  early.get('/later', secret)
  assert.deepEqual(unguarded(app), [
    'GET /before',
    'GET /early/router',
    'GET /early/later',
    'GET /after',
    'GET /chained',
  ])
  const routes = ['/before', '/early/router', '/early/later', '/after', '/chained', 'POST /chained']
  assert.deepEqual(await ask(app, ...routes, '/before/guarded'), [403, 403, 403, 403, 403, 401, 401])
  app.get('/late', secret)
  const nested = express.Router()
  nested.all('/any', secret)
  early.use('/nested', nested)
  assert.deepEqual(await ask(app, '/late', 'PUT /early/nested/any', 'HEAD /late'), [403, 403, 403])
})

test('G-1: Express: applications inside of others', async () => {
  const app = express()
  const before = express()
  before.get('/x', secret)
  app.use('/before', before)
  protect(app, auth)
  const child = express()
  child.get('/guarded', guard(signedIn), secret)
  child.get('/silent', secret)
  app.use('/child', child)
  child.get('/later', secret)
  const inner = express()
  inner.use('/group', guard(signedIn))
  inner.get('/group/x', secret)
  inner.get('/silent', secret)
  app.use('/router', express.Router().use('/inner', inner))
  assert.deepEqual(unguarded(app), [
    '* /before (application mounted before)',
    'GET /child/silent',
    'GET /child/later',
    'GET /router/inner/silent',
  ])
  assert.deepEqual(await ask(app, '/child/guarded', '/child/silent', '/child/later'), [401, 403, 403])
  assert.deepEqual(await ask(app, '/before/x'), [403])
  assert.deepEqual(await ask(app, '/router/inner/group/x', '/router/inner/silent'), [401, 403])
})

test('Express: a group counts for what follows inside of it, and for nothing beside it', async () => {
  const app = express()
  protect(app, auth)
  const open = express.Router()
  open.use(guard(anyone))
  open.get('/open', (_request, response) => void response.send('open'))
  app.use(open)
  app.use(express().use(guard(anyone)))
  app.get('/hidden', secret)
  app.use('/beside', secret)
  app.get('/twice', guard(anyone), (_request, _response, next) => next())
  app.get('/:any', secret)
  app.use('/admin', guard(signedIn))
  app.get('/admin/open', guard(anyone), secret)
  app.get('/administration/x', secret)
  assert.deepEqual(unguarded(app), ['GET /hidden', 'GET /:any', 'GET /administration/x'])
  assert.deepEqual(
    await ask(app, '/open', '/beside', '/hidden', '/twice', '/other', '/admin/open', '/administration/x'),
    [200, 403, 403, 403, 403, 401, 403],
  )
})

test('G-1, G-2: Express: middleware that answers has a word, or its answer is replaced', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-static-'))
  try {
    writeFileSync(join(folder, 'file.txt'), SECRET)
    const serve = express.static(folder)
    const app = express()
    protect(app, auth, {
      paths: {
        '/public/*': anyone,
        '/private/*': signedIn,
        '/public/inner/*': needs({ roles: ['admin'] }),
        'GET /read/*': anyone,
      },
    })
    app.use('/silent', serve)
    app.use('/public', serve)
    app.use('/public/inner', serve)
    app.use('/private', serve)
    app.use('/guarded', guard(signedIn), serve)
    app.use('/read', serve)
    app.use('/written', (_request, response) => {
      response.writeHead(200, { 'X-Secret': SECRET })
      response.write(SECRET)
      response.end(SECRET)
    })
    app.use(['/flushed', '/public/flushed'], (_request, response) => {
      response.setHeader('X-Secret', SECRET)
      response.flushHeaders()
      response.end(SECRET)
    })
    app.use('/redirect', (_request, response) => response.redirect(`/x?${SECRET}`))
    app.use('/missing', (_request, response) => void response.writeHead(404).end('not here'))
    assert.deepEqual(await ask(app, '/read/file.txt', 'HEAD /read/file.txt'), [200, 200])
    assert.deepEqual(
      await ask(
        app,
        ...['/silent', '/public', '/public/inner', '/private', '/guarded'].map((path) => `${path}/file.txt`),
        '/written',
        '/redirect',
        '/missing',
        '/nowhere',
        '/public/%2e%2e/silent/file.txt',
        '/PUBLIC/inner/file.txt',
        '/public/%69nner/file.txt',
        'OPTIONS /silent/file.txt',
        '/flushed',
        '/public/flushed',
      ),
      [403, 200, 401, 401, 401, 403, 403, 404, 404, 403, 403, 401, 404, 403, 200].map((status, at) =>
        // Express answers paths that lead out of a folder by itself.
        at === 9 ? 404 : status,
      ),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('G-1: Express: what a route let in is nothing to middleware that it hands on to', async () => {
  const app = express()
  protect(app, auth)
  const open = express.Router().use(guard(anyone))
  app.get('/passed', guard(anyone), (_request, _response, next) => next())
  app.get('/handed', guard(anyone), open)
  app.use(['/passed', '/handed'], secret)
  assert.deepEqual(await ask(app, '/passed', '/handed'), [403, 403])
  // Nor is an application that guards, to one around it that does not.
  const around = express()
  around.use(app, guard(anyone), secret)
  app.use(express.Router())
  around.use((_error: unknown, _request: unknown, response: express.Response, _next: unknown) => {
    response.status(500).send('not guarded')
  })
  assert.deepEqual(await ask(around, '/x'), [500])
})

test('G-1: Express: a word by path is for all methods and paths of a route, or for none', async () => {
  const page: express.RequestHandler = (_request, response) => void response.send('a page')
  const app = express()
  // What stands before is outside of it.
  app.use('/health', page)
  protect(app, auth, {
    paths: { '/open/*': anyone, 'GET /read/*': anyone, 'HEAD /read/own': signedIn, '/private/*': signedIn },
  })
  app.route('/open/any').all(page)
  app.route('/read/x').get(page).post(secret)
  app.route('/read/own').get(page).head(secret)
  const twice = express.Router().get('/x', secret)
  app.use(['/open/twice', '/hidden'], twice)
  // What is not for everybody is for nobody where a route matches too.
  app.use('/private', secret)
  app.get('/*splat', guard(anyone), page)
  assert.deepEqual(unguarded(app), ['POST /read/x', 'GET /hidden/x'])
  assert.deepEqual(await ask(app, '/open/any', '/read/x', 'HEAD /read/x', '/read/own'), [200, 200, 200, 200])
  assert.deepEqual(await ask(app, 'POST /read/x', 'HEAD /read/own', '/open/twice/x'), [403, 401, 403])
  assert.deepEqual(await ask(app, '/private/file', '/hidden/x', '/else', '/health'), [403, 403, 200, 200])
})

test('Express: a method that was overridden before is the one that counts', async () => {
  const app = express()
  app.use((request, _response, next) => {
    request.method = 'DELETE'
    next()
  })
  protect(app, auth)
  app.get('/x', guard(anyone), (_request, response) => void response.send('open'))
  app.delete('/x', guard(signedIn), secret)
  assert.deepEqual(await ask(app, '/x'), [401])
})

test('Express: nobody looks up for a stranger what a path names (`param`), and rules see it as the route does', async () => {
  const app = express()
  protect(app, auth, { paths: { '/file': anyone } })
  app.use(express.json())
  const seen: unknown[] = []
  const rule = needs({
    if(_principal, { params }) {
      seen.push({ ...params })
      return true
    },
  })
  const lookUp: RequestParamHandler = (_request, response) => void response.status(404).send('no such thing')
  const [closed, merging] = [express.Router(), express.Router({ mergeParams: true })]
  for (const router of [closed, merging]) {
    router.param('id', lookUp)
    router.all('/:id', guard(rule), secret)
  }
  app.use('/closed/:org', closed)
  app.use('/merging/:org', merging)
  app.param('thing', lookUp)
  app.get('/things/:thing', guard(rule), secret)
  // What middleware answers is not kept from anybody for the sake of a route behind it that looks nothing up.
  app.use('/file', (_request, response) => void response.send('a file'))
  app.get('/*splat', guard(signedIn), secret)
  const targets = ['/closed/a/7', 'POST /closed/a/7', '/merging/a/7', '/things/7']
  assert.deepEqual(await ask(app, ...targets), [401, 401, 401, 401])
  assert.deepEqual(await ask(app, '/file', '/page'), [200, 401])

  const { headers } = await signInAs(auth, 'alice')
  assert.deepEqual(await askWith({ ...headers }, app, ...targets), [404, 404, 404, 404])
  assert.deepEqual(seen, [{ id: '7' }, { id: '7' }, { org: 'a', id: '7' }, { thing: '7' }])
})

test('G-2: Express: the rule of a group sees the path of the group, whatever a route inside of it calls its parts', async () => {
  const app = express()
  protect(app, auth)
  app.use(express.json())
  const ofSeven = needs({ if: (_principal, { params }) => params.id === '7' })
  app.use('/orgs/:id', guard(ofSeven))
  app.all('/orgs/:org/items/:id', guard(needs({ roles: ['user'] })), secret)
  app.get('/orgs/:org/list', guard(signedIn), secret)
  const { headers } = await signInAs(auth, 'alice')
  const targets = ['/orgs/7/items/8', '/orgs/8/items/7', '/orgs/7/list', '/orgs/8/list']
  const posts = ['POST /orgs/7/items/8', 'POST /orgs/8/items/7']
  assert.deepEqual(await askWith({ ...headers }, app, ...targets, ...posts), [200, 403, 200, 403, 200, 403])
  // A body that would be waited for: the rule is asked before it is read.
  const waiting = { ...headers, 'Content-Type': 'application/json', 'Content-Length': '9' }
  assert.deepEqual(await askWith(waiting, app, 'POST /orgs/8/items/7'), [403])
})

test('G-2: Express: a rule is asked again where another route, or another address, has other parts', async () => {
  const app = express()
  protect(app, auth)
  const seen: unknown[] = []
  const ofMine = needs({
    if(_principal, { method, params }) {
      seen.push(`${method} ${params.id}`)
      return params.id === 'mine'
    },
  })
  app.all('/:id/:page', guard(ofMine), (_request, _response, next) => next())
  app.all('/mine/:id', guard(ofMine), secret)
  const { headers } = await signInAs(auth, 'alice')
  const targets = ['/mine/other', '/mine/mine']
  assert.deepEqual(await askWith({ ...headers }, app, ...targets), [403, 200])
  assert.deepEqual(seen, ['GET mine', 'GET other', 'GET mine', 'GET mine'])

  // With a body the rule is asked before it is read, and once where nothing has changed since.
  const items = express()
  protect(items, auth)
  items.use((request, _response, next) => {
    request.url = request.headers['x-url']?.toString() ?? request.url
    request.method = request.headers['x-method']?.toString() ?? request.method
    next()
  })
  items.all('/items/:id', guard(ofMine), secret)
  seen.length = 0
  const post = (more: object) =>
    askWith({ ...headers, 'Content-Length': '9', ...more }, items, 'POST /items/mine')
  assert.deepEqual([await post({}), await post({ 'X-Url': '/items/other' })], [[200], [403]])
  assert.deepEqual(await post({ 'X-Method': 'DELETE' }), [200])
  assert.deepEqual(seen, ['POST mine', 'POST mine', 'POST other', 'POST mine', 'DELETE mine'])
})

test('G-1: Express: guards of a router that a handler hands on to are met too', async () => {
  const app = express()
  protect(app, auth)
  const inner = express.Router()
  inner.get('/inner/admin', guard(needs({ roles: ['admin'] })), secret)
  inner.get('/inner/open', secret)
  app.get('/inner/*splat', guard(signedIn), inner)
  app.all('/*splat', guard(anyone), (request, response, next) => inner(request, response, next))
  const targets = ['/inner/admin', '/inner/open', 'HEAD /inner/admin']
  assert.deepEqual(await ask(app, ...targets), [401, 401, 401])
  const { headers } = await signInAs(auth, 'alice')
  assert.deepEqual(await askWith({ ...headers }, app, ...targets), [403, 200, 403])
})

test('G-1, G-2: Express: a guard is met again in a router that a handler hands on to, for another method or other parts', async () => {
  const app = express()
  protect(app, auth)
  const admin = guard(needs({ roles: ['admin'] }))
  const inner = express.Router()
  inner.use(admin)
  inner.all('/x', secret)
  app.route('/x').get(admin, inner).post(guard(signedIn), inner)
  const mine = guard(needs({ if: (_principal, { params }) => params.id === 'mine' }))
  const items = express.Router()
  items.get('/:who/:id', mine, secret)
  app.get('/:id/*splat', mine, items)
  const { headers } = await signInAs(auth, 'alice')
  const targets = ['/x', 'POST /x', '/mine/other', '/mine/mine']
  assert.deepEqual(await ask(app, ...targets), [401, 401, 401, 401])
  assert.deepEqual(await askWith({ ...headers }, app, ...targets), [403, 403, 403, 200])
})

test('G-1: Express: what one auth lets in is nothing to another one', async () => {
  const other = newAuth()
  try {
    const { headers } = await signInAs(auth, 'alice')
    const alice = (app: Express, target: string) => askWith({ ...headers }, app, target)
    const guarded = (by: Auth) => {
      const app = express()
      protect(app, by)
      return app
    }
    // Beside one another.
    const [first, second, both] = [guarded(auth), guarded(other), express()]
    first.use(guard(signedIn))
    second.get('/x', guard(signedIn), secret)
    second.use('/silent', secret)
    both.use(first, second)
    assert.deepEqual([await alice(both, '/x'), await alice(both, '/silent')], [[401], [403]])

    // Inside of one another: both are asked.
    const [outer, inner] = [guarded(auth), guarded(other)]
    inner.get('/x', guard(signedIn), secret)
    outer.use('/inner', inner)
    outer.get('/x', guard(signedIn), secret)
    assert.deepEqual([await alice(outer, '/inner/x'), await alice(outer, '/x')], [[401], [200]])

    // After one that had nothing to say, in which the request was inside of a router.
    const [around, before] = [guarded(other), guarded(auth)]
    before.use(express.Router())
    around.use(before, guard(signedIn))
    around.get('/x', secret)
    assert.deepEqual(await alice(around, '/x'), [401])

    // One router in both: whichever application a request comes by.
    const shared = express.Router()
    shared.get('/x', guard(signedIn), secret)
    shared.use(
      '/inner',
      express.Router().get('/x', guard(signedIn), guard(needs({ roles: ['user'] })), secret),
    )
    const [mine, theirs] = [guarded(auth), guarded(other)]
    mine.use(shared)
    theirs.use(shared)
    for (const target of ['/x', '/inner/x']) {
      assert.deepEqual([await alice(mine, target), await alice(theirs, target)], [[200], [401]])
      assert.deepEqual([await ask(mine, target), await ask(theirs, target)], [[401], [401]])
    }
    // And in one that nobody guards.
    assert.deepEqual(await ask(express().use(shared), '/x', '/inner/x'), [401, 401])

    // The same one twice is asked as one.
    const [whole, part] = [guarded(auth), guarded(auth)]
    part.use(guard(signedIn))
    part.get('/x', guard(needs({ roles: ['user'] })), secret)
    whole.use('/part', part)
    assert.deepEqual([await ask(whole, '/part/x'), await alice(whole, '/part/x')], [[401], [200]])
  } finally {
    await other.close()
  }
})

test('G-1: Express: an application that middleware hands on to answers with a word, too', async () => {
  const app = express()
  protect(app, auth)
  const inner = express()
  inner.get(['/hand', '/open', '/group'], secret)
  const handOn: express.RequestHandler = (request, response, next) => inner(request, response, next)
  app.use('/in', handOn)
  app.use('/anybody', guard(anyone), handOn)
  app.use('/signed', guard(signedIn), handOn)
  assert.deepEqual(await ask(app, '/in/hand', '/in/none', '/signed/hand'), [403, 404, 401])
  const { headers } = await signInAs(auth, 'alice')
  assert.deepEqual(await askWith({ ...headers }, app, '/in/hand', '/signed/hand'), [403, 200])
  const opened = express()
  protect(opened, auth)
  opened.use('/x', guard(anyone), handOn)
  inner.get('/page', (_request, response) => void response.send('a page'))
  assert.deepEqual(await ask(opened, '/x/page'), [200])
  // One that nobody guards is left alone.
  const apart = express()
  apart.get('/page', (_request, response) => void response.send('a page'))
  assert.deepEqual(await ask(apart, '/page'), [200])
})

test('G-1: Express: what an application says that middleware hands on to is nothing to what comes after it', async () => {
  const other = newAuth()
  try {
    for (const by of [auth, other]) {
      const [byGroup, byPath, silent] = [express(), express(), express()]
      protect(byGroup, by)
      byGroup.use(guard(anyone))
      protect(byPath, by, { paths: { '/*': anyone } })
      protect(silent, by)
      for (const inner of [byGroup, byPath, silent]) {
        const app = express()
        protect(app, auth, { paths: { '/told/*': anyone } })
        app.use((request, response, next) => inner(request, response, next))
        app.use(['/file', '/told'], secret)
        app.get('/route', secret)
        assert.deepEqual(await ask(app, '/file', '/route', '/told'), [403, 403, 200])
      }
      // Nor is what the outer one said anything to the inner one; an answer that has begun goes on.
      const app = express()
      protect(app, auth)
      silent.use('/silent', secret)
      silent.get('/begun', guard(anyone), (_request, response, next) => {
        response.writeHead(200, { 'Content-Length': 6 }).write('a ')
        next()
      })
      app.use('/in', guard(anyone), (request, response, next) => silent(request, response, next))
      app.use((request, response, next) => silent(request, response, next))
      app.use('/begun', (_request, response) => void response.end('page'))
      assert.deepEqual(await ask(app, '/in/silent', '/begun'), [by === other ? 403 : 200, 200])
    }
  } finally {
    await other.close()
  }
})

test('Express: who waits too long to be let in may have had another answer, and goes on waiting for none', async () => {
  const { headers } = await signInAs(auth, 'alice')
  const app = express()
  protect(app, auth)
  const answered = Promise.withResolvers<void>()
  const late = async () => {
    await answered.promise
    return false
  }
  app.use((request, response, next) => {
    next()
    response.once('close', () => answered.resolve())
    response.status(503)
    if (request.path === '/begun') response.write('too late', () => answered.resolve())
    else response.end('too late')
  })
  app.get(['/begun', '/ended'], guard(needs({ ifAsync: late })), secret)
  assert.deepEqual(await askWith({ ...headers }, app, '/begun', '/ended'), [503, 503])
})

test('Express: a rule sees the whole target, an answer tells of its limit, and a body of unknown length is a body', async () => {
  const app = express()
  protect(app, auth)
  const whole = needs({ if: (_principal, { target }) => target === '/sub/x?a' })
  const limit = limited(whole, { name: 'sub', count: 9, perSeconds: 60 })
  app.use(express.json())
  app.use('/sub', express.Router().all('/x', guard(limit), secret))
  const { headers } = await signInAs(auth, 'alice')
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const answer = await sendRaw(port, { target: '/sub/x?a', headers: Object.entries({ ...headers }) })
    assert.deepEqual([answer.status, answer.body], [200, SECRET])
    assert.match(answer.headers.ratelimit ?? '', /^"sub";r=8/)
    const chunked = { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/json' }
    const asked = { method: 'POST', target: '/sub/x', headers: Object.entries(chunked) }
    assert.equal((await sendRaw(port, asked)).status, 401, 'before any of it has come')
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

test('Express: a HEAD that a route does not answer goes on to the next, and words by path count where it is mounted', async () => {
  const app = express()
  protect(app, auth, { paths: { '/files/*': anyone, '/own/*': signedIn } })
  app.post('/*splat', guard(signedIn), secret)
  app.use('/files', (_request, response) => void response.send('a file'))
  app.use(['/own', '/sub/files'], secret)
  app.get('/page', guard(anyone), (_request, response) => void response.send('a page'))
  const targets = ['/page', 'HEAD /page', 'HEAD /files/x', 'HEAD /none', 'HEAD /own/x', 'POST /page']
  assert.deepEqual(await ask(app, ...targets), [200, 200, 200, 404, 401, 401])

  const whole = express()
  whole.use('/sub', app)
  const inside = ['/sub/files/x', '/sub/own/x', '/sub/page', '/sub/sub/files/x']
  assert.deepEqual(await ask(whole, ...inside), [200, 401, 200, 403])
  const { headers } = await signInAs(auth, 'alice')
  assert.deepEqual(await askWith({ ...headers }, whole, '/sub/own/x'), [200])
})

test('G-2: Express: no spelling of a path leads a server of files past a group', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-static-'))
  try {
    mkdirSync(join(folder, 'private', 'own', 'a b'), { recursive: true })
    writeFileSync(join(folder, 'private', 'file.txt'), SECRET)
    writeFileSync(join(folder, 'private', 'own', 'a b', 'file.txt'), SECRET)
    writeFileSync(join(folder, 'a b.txt'), 'open')
    const byGroup = express()
    protect(byGroup, auth)
    byGroup.use('/private', guard(signedIn))
    byGroup.use('/private/:who', guard(needs({ if: (_who, { params }) => params.who !== 'own' })))
    byGroup.use(guard(anyone), express.static(folder))
    const byPath = express()
    protect(byPath, auth, { paths: { '/*': anyone } })
    byPath.use(express.Router().use('/private', guard(signedIn)))
    byPath.use(express.static(folder))
    const files = [
      '/private/file.txt',
      '/%70rivate/file.txt',
      '//private/file.txt',
      '/private%2ffile.txt',
      '/./private/file.txt',
      '/x/../private//file.txt',
      'http://any.example/private/file.txt',
      'http://any.example/%70rivate/file.txt',
      'HTTP://any.example//private/file.txt',
    ]
    const refused = files.map(() => 401)
    assert.deepEqual([await ask(byGroup, ...files), await ask(byPath, ...files)], [refused, refused])
    assert.deepEqual(await ask(byGroup, '/a%20b.txt', '//a%20b.txt', '/%zz'), [200, 200, 404])
    const { headers } = await signInAs(auth, 'alice')
    assert.deepEqual(
      await askWith({ ...headers }, byGroup, ...files),
      files.map(() => 200),
    )
    const own = [
      '/private/own/a%20b/file.txt',
      '/%70rivate/own/a%20b/file.txt',
      '/private//own/a%20b/file.txt',
    ]
    assert.deepEqual(await askWith({ ...headers }, byGroup, ...own), [403, 403, 403])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('G-1: Express: an application of another Express answers as middleware does', async () => {
  /** Gives the answer a prototype of its own, and throws where it is asked for its router, as Express 4 does. */
  const handle = (_request: unknown, response: object) => {
    Object.setPrototypeOf(response, ServerResponse.prototype)
    ;(response as ServerResponse).end(SECRET)
  }
  const another = Object.assign((request: unknown, response: object) => handle(request, response), {
    handle,
    set: () => undefined,
    emit: () => undefined,
  })
  Object.defineProperty(another, 'router', {
    get() {
      throw new Error('app.router is deprecated')
    },
  })
  const inner = express()
  inner.get('/x', secret)
  const app = express()
  protect(app, auth, { paths: { '/told/*': signedIn } })
  app.use('/handed', (request, response) => another(request, response))
  app.use('/mounted', another as never, inner)
  app.use('/guarded', guard(signedIn), another as never)
  app.use('/told', another as never)
  assert.deepEqual(unguarded(app), ['* /mounted (application of another Express)', 'GET /mounted/x'])
  const targets = ['/handed', '/mounted', '/guarded', '/told', '/told/x']
  assert.deepEqual(await ask(app, ...targets), [403, 403, 401, 401, 401])
  const { headers } = await signInAs(auth, 'alice')
  assert.deepEqual(await askWith({ ...headers }, app, ...targets), [403, 403, 200, 200, 200])
})

test('G-1: Express: routes that two auths ask for stop the start', async () => {
  const other = newAuth()
  try {
    const [outer, inner] = [express(), express()]
    protect(inner, other)
    inner.get('/open', guard(anyone), secret)
    inner.get('/x', guard(signedIn), secret)
    inner.get('/silent', secret)
    const same = express()
    protect(same, auth)
    same.get('/x', guard(signedIn), secret)
    protect(outer, auth)
    outer.use('/inner', inner)
    outer.use('/router', express.Router().use(inner))
    outer.use('/same', same)
    assert.deepEqual(unguarded(outer), [
      'GET /inner/x (inside of another protect)',
      'GET /inner/silent',
      'GET /router/x (inside of another protect)',
      'GET /router/silent',
    ])
    assert.deepEqual(await ask(outer, '/inner/open', '/inner/x', '/same/x'), [200, 401, 401])
  } finally {
    await other.close()
  }
})

test('Express: what it says by itself of the methods of a path passes, and nothing else that looks like it', async () => {
  const app = express()
  protect(app, auth)
  app.get('/x', guard(signedIn), secret)
  app.use('/silent/:allow', ({ params: { allow } }, response) => {
    response.setHeader('Allow', allow)
    response.send(SECRET)
  })
  const methods = 'GET,'.repeat(SECRET.length).slice(0, SECRET.length)
  assert.deepEqual(await ask(app, 'OPTIONS /x', 'OPTIONS /silent/GET', '/silent/GET'), [200, 403, 403])
  assert.deepEqual(
    await ask(app, `/silent/${methods}`, `OPTIONS /silent/${methods.toLowerCase()}`),
    [403, 403],
  )
})

test('G-2: Express: a guard of a route is asked again behind a group of a router that the route hands on to', async () => {
  const app = express()
  protect(app, auth)
  const mine = guard(needs({ if: (_principal, { params }) => params.id === 'mine' }))
  const inner = express.Router()
  inner.use(guard(signedIn))
  inner.use('/:who/:id', mine, secret)
  app.get('/:id/*splat', mine, inner)
  const { headers } = await signInAs(auth, 'alice')
  assert.deepEqual(await askWith({ ...headers }, app, '/mine/other', '/mine/mine'), [403, 200])
})

test('Express: a guard without `protect` refuses', async () => {
  const app = express()
  app.use(
    (
      error: Error,
      _request: unknown,
      response: { status(code: number): { send(text: string): void } },
      _next: unknown,
    ) => {
      response.status(500).send(error.message)
    },
  )
  app.get('/x', guard(anyone), secret)
  assert.deepEqual(await ask(app, '/x'), [500])
})
