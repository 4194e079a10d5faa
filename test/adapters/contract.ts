import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { EdgeOptions } from '../../src/adapters/edge.ts'
import type { Gated } from '../../src/index.ts'
import { type Auth, createAuth, needs } from '../../src/index.ts'
import type { InventoryEntry } from '../../src/model/inventory.ts'
import { pathVariants } from './path-variants.ts'
import { type RawRequest, sendRaw } from './raw-request.ts'

/** What no stranger may see. */
export const SECRET = 'what-no-stranger-may-see'
const PASSWORD = 'correct horse battery'

/** How many routes the sample applications have, and which of them says nothing. */
export const SAMPLE_SIZE = 200
export const HIDDEN = 117

/** An application in one framework, with the same routes in each. */
export interface Sample {
  readonly port: number
  /** Rejects if the start has to stop. */
  ready(): Promise<void>
  routes(): Promise<readonly InventoryEntry[]>
  close(): Promise<void>
}

export interface SampleOptions {
  readonly auth: Auth | Gated
  /** Where the issuer is. */
  readonly at?: string
  /** One of the numbered routes has no word. */
  readonly hidden?: boolean
  /** What holds for all routes. */
  readonly edge?: EdgeOptions
}

/**
 * The routes of a sample: `GET /open` for anyone, `GET` and `POST /secret` (JSON) and `GET /items/:id` and
 * `GET /files/*` for who is signed in, `GET /admin/panel` in a group for admins, `GET /rule/:id` for `mine`,
 * `GET /waiting/:id` the same by a rule that waits, `GET /boom` with a rule that throws, `GET /plugin/page` by path,
 * and `GET /many/0` and so on, for who is signed in.
 */
export type OpenSample = (options: SampleOptions) => Promise<Sample>

export const words = {
  admin: needs({ roles: ['admin'] }),
  rule: needs({ if: (_principal, { params }) => params.id === 'mine' }),
  waiting: needs({ ifAsync: async (_principal, { params }) => params.id === 'mine' }),
  boom: needs({
    if() {
      throw new Error('boom')
    },
  }),
}

interface HeaderCase {
  readonly headers: readonly (readonly [string, string])[]
  readonly expect: { readonly status: number; readonly or?: number; readonly error?: string | null }
  readonly why: string
}

const { cases }: { cases: readonly HeaderCase[] } = JSON.parse(
  readFileSync(new URL('../vectors/own/authorization-header-cases.json', import.meta.url), 'utf8'),
)

export function newAuth(issuer = 'http://127.0.0.1:8000', reports: unknown[] = []): Auth {
  return createAuth({
    databaseUrl: 'sqlite::memory:',
    secretKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
    issuer,
    logLevel: 'silent',
    // Open in development, and then the probe says so.
    metrics: 'closed',
    onRefusal: (report) => void reports.push(report),
  }) as unknown as Auth
}

/** What every adapter keeps, whichever framework it is for. `hidden` is how a route without a word is refused. */
export function testAdapter(name: string, open: OpenSample, { hidden = 403 } = {}): void {
  const reports: { readonly address?: string; readonly code?: string; readonly path?: string }[] = []
  let auth: Auth
  let sample: Sample
  let token: string
  let adminToken: string

  const send = (request: RawRequest) => sendRaw(sample.port, request)
  const withToken = (text: string) => [['Authorization', `Bearer ${text}`]] as const
  const tokenOf = async (username: string) => {
    const body = new URLSearchParams({ grant_type: 'password', username, password: PASSWORD }).toString()
    const headers = [['Content-Type', 'application/x-www-form-urlencoded']] as const
    const answer = await send({ method: 'POST', target: '/token', headers, body })
    assert.equal(answer.status, 200, answer.body)
    return String(JSON.parse(bodyOf(answer)).access_token)
  }

  before(async () => {
    auth = newAuth(undefined, reports)
    sample = await open({ auth })
    await sample.ready()
    await auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
    const admin = await auth.users.create({ email: 'root@example.com', username: 'root', password: PASSWORD })
    await auth.users.setRoles(admin.id, ['admin'])
    token = await tokenOf('alice')
    adminToken = await tokenOf('root')
  })
  after(async () => {
    await sample?.close()
    await auth?.close()
  })

  test(`${name}: the words mean the same as everywhere`, async () => {
    const expected: readonly (readonly [string, number, number, number])[] = [
      ['/open', 200, 200, 200],
      ['/secret', 401, 200, 200],
      ['/items/7', 401, 200, 200],
      ['/files/a/b', 401, 200, 200],
      ['/admin/panel', 401, 403, 200],
      ['/rule/mine', 401, 200, 200],
      ['/rule/other', 401, 403, 403],
      ['/waiting/mine', 401, 200, 200],
      ['/waiting/other', 401, 403, 403],
      ['/boom', 401, 500, 500],
      ['/plugin/page', 200, 200, 200],
      ['/many/0', 401, 200, 200],
      ['/nowhere', 404, 404, 404],
    ]
    for (const [target, stranger, user, admin] of expected) {
      assert.equal((await send({ target })).status, stranger, `stranger ${target}`)
      assert.equal((await send({ target, headers: withToken(token) })).status, user, `user ${target}`)
      assert.equal((await send({ target, headers: withToken(adminToken) })).status, admin, `admin ${target}`)
      // What comes with a body may be checked at another moment, before that is read.
      const headers = [...withToken(token), ['Content-Type', 'application/json'] as const]
      assert.equal((await send({ target, headers, body: '{}' })).status, user, `user, with a body ${target}`)
    }
    const answer = await send({ target: '/secret', headers: withToken(token) })
    assert.ok(answer.body.includes(SECRET) && /[0-9a-f-]{36}/.test(answer.body), 'the handler knows who asks')
  })

  test(`${name}: F-10: refusals are problem documents with a challenge and no store`, async () => {
    const answer = await send({ target: '/secret' })
    assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer/)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(JSON.parse(bodyOf(answer)).code, 'token_missing')
    const invalid = await send({ target: '/secret', headers: withToken(`${token}x`) })
    assert.match(invalid.headers['www-authenticate'] ?? '', /error="invalid_token"/)
    const head = await send({ method: 'HEAD', target: '/secret' })
    assert.equal(head.status, 401)
    assert.equal(head.body, '')
  })

  test(`${name}: the client’s address is that of the connection`, async () => {
    const forwarded = [['X-Forwarded-For', '203.0.113.9']] as const
    await send({ target: '/secret', headers: forwarded })
    assert.match(reports.at(-1)?.address ?? '', /^(::ffff:)?127\.0\.0\.1$/)
    assert.equal(reports.at(-1)?.path, '/secret')
  })

  test(`${name}: F-9: Authorization headers in every shape, over a real socket`, async () => {
    assert.equal(cases.length, 19)
    for (const { headers, expect, why } of cases) {
      const sent = headers.map(([field, value]) => [field, value.replace('<valid-token>', token)] as const)
      const { status, headers: got } = await send({ target: '/secret', headers: sent })
      // Basic and API keys are not read here, so that their good examples are refused like their bad ones.
      const unread = sent.some(([field, value]) => field === 'X-API-Key' || value.startsWith('Basic'))
      const allowed = unread ? [401, 400] : [expect.status, expect.or]
      assert.ok(allowed.includes(status), `${why}: ${status}`)
      assert.ok(status < 500, why)
      if (status === 401) assert.match(got['www-authenticate'] ?? '', /^Bearer/, why)
      if (expect.error === null) assert.doesNotMatch(got['www-authenticate'] ?? '', /error=/, why)
      if (expect.error && !unread)
        assert.match(got['www-authenticate'] ?? '', new RegExp(`error="${expect.error}"`), why)
    }
  })

  test(`${name}: F-8: a token in the query is refused`, async () => {
    for (const target of [`/secret?access_token=${token}`, '/secret?x=1&access_token']) {
      assert.equal((await send({ target, headers: withToken(token) })).status, 401)
    }
  })

  test(`${name}: G-2: no spelling of a path and no method leads around the guard`, async () => {
    const variants = pathVariants(sample.port)
    assert.ok(variants.length >= 60, String(variants.length))
    for (const { method = 'GET', target, headers } of variants) {
      const why = `${method} ${target}`
      const stranger = await send({ method, target, headers: headers ?? [] })
      assert.ok(!stranger.body.includes(SECRET), why)
      assert.ok(stranger.status < 500 || stranger.status === 501, `${why}: ${stranger.status}`)
      const user = await send({ method, target, headers: [...(headers ?? []), ...withToken(token)] })
      assert.ok(!user.body.includes(`${SECRET} admin`), `${why}, as a user who is no admin`)
      assert.ok(user.status < 500 || user.status === 501, `${why}: ${user.status}`)
    }
  })

  test(`${name}: a target may be a whole address (RFC 9112 section 3.2.2)`, async () => {
    const statusOf = async (path: string, headers: RawRequest['headers'] = []) =>
      (await send({ target: `http://127.0.0.1:${sample.port}${path}`, headers })).status
    assert.deepEqual(
      [await statusOf('/open'), await statusOf('/secret'), await statusOf('/secret?x', withToken(token))],
      [200, 401, 200],
    )
    assert.deepEqual([await statusOf('/.well-known/jwks.json'), await statusOf('/nowhere')], [200, 404])
  })

  test(`${name}: a stranger is refused before the body is read`, async () => {
    const json = [['Content-Type', 'application/json']] as const
    for (const body of ['{ not json', '{"wrong":1}', '[]', 'x'.repeat(200_000)]) {
      const answer = await send({ method: 'POST', target: '/secret', headers: json, body })
      assert.equal(answer.status, 401, body.slice(0, 20))
    }
    const odd = [['Content-Type', 'application/nonsense']] as const
    assert.equal((await send({ method: 'POST', target: '/secret', headers: odd, body: 'x' })).status, 401)
    const good = { method: 'POST', target: '/secret', body: '{"title":"x"}' }
    const answer = await send({ ...good, headers: [...json, ...withToken(token)] })
    assert.equal(answer.status, 200, answer.body)
    const bad = { method: 'POST', target: '/secret', body: '{ not json' }
    assert.equal((await send({ ...bad, headers: [...json, ...withToken(token)] })).status, 400)
  })

  test(`${name}: the issuer is embedded: forms, JSON, errors and documents`, async () => {
    const json = [['Content-Type', 'application/json']] as const
    const body = JSON.stringify({ email: 'bob@example.com', username: 'bob', password: PASSWORD })
    assert.equal((await send({ method: 'POST', target: '/register', headers: json, body })).status, 201)
    const again = await send({ method: 'POST', target: '/register', headers: json, body })
    assert.equal(again.status, 409)
    const bob = await tokenOf('bob')
    const me = await send({ target: '/users/me', headers: withToken(bob) })
    assert.equal(JSON.parse(bodyOf(me)).username, 'bob')
    assert.equal((await send({ target: '/users/me' })).status, 401)
    for (const target of ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server', '/healthz']) {
      assert.equal((await send({ target })).status, 200, target)
    }
    assert.equal((await send({ method: 'PUT', target: '/token' })).status, 405)
  })

  test(`${name}: an issuer with a path is served below it, its documents at the root of the host`, async () => {
    const below = newAuth('http://127.0.0.1:8000/auth')
    const mounted = await open({ auth: below })
    try {
      await mounted.ready()
      const statusOf = async (target: string) => (await sendRaw(mounted.port, { target })).status
      for (const target of [
        '/auth/.well-known/jwks.json',
        '/auth/healthz',
        '/auth/docs',
        '/auth/docs/swagger-ui.css',
        '/.well-known/oauth-authorization-server/auth',
      ]) {
        assert.equal(await statusOf(target), 200, target)
      }
      assert.equal(await statusOf('/auth/users/me'), 401)
      const others = ['/healthz', '/users/me', '/auth/nowhere', '/authx/healthz']
      const ofAnother = ['', '/other'].map((path) => `/.well-known/oauth-authorization-server${path}`)
      for (const target of [...others, ...ofAnother]) assert.equal(await statusOf(target), 404, target)
      await below.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
      const body = `grant_type=password&username=alice&password=${encodeURIComponent(PASSWORD)}`
      const headers = [['Content-Type', 'application/x-www-form-urlencoded']] as const
      const answer = await sendRaw(mounted.port, { method: 'POST', target: '/auth/token', headers, body })
      assert.equal(answer.status, 200, answer.body)
    } finally {
      await mounted.close()
      await below.close()
    }
  })

  test(`${name}: a service that only verifies has the same guards and no endpoints`, async () => {
    const { gate, ready } = auth
    const service = await open({ auth: { gate, ready } })
    try {
      await service.ready()
      const statusOf = async (target: string, headers = withToken(token)) =>
        (await sendRaw(service.port, { target, headers })).status
      assert.equal(await statusOf('/secret'), 200)
      assert.equal(await statusOf('/admin/panel'), 403)
      assert.equal((await sendRaw(service.port, { target: '/secret' })).status, 401)
      assert.equal(await statusOf('/token'), 404)
    } finally {
      await service.close()
    }
  })

  test(`${name}: G-1: 1 hidden route of ${SAMPLE_SIZE} stops the start, is named, and refuses all the same`, async () => {
    const started = newAuth()
    const hiding = await open({ auth: started, hidden: true })
    try {
      await assert.rejects(hiding.ready(), (error: Error) => {
        assert.match(error.message, new RegExp(`GET +/many/${HIDDEN}\\b`))
        assert.match(error.message, /^a route has no access word|^\d routes have no access word/)
        assert.match(error.message, /adapters\/\w+\.test\.ts:\d+|GET/)
        assert.doesNotMatch(error.message, /\/many\/116/)
        return true
      })
      const silent = (await hiding.routes()).filter(({ access }) => access === 'undeclared')
      assert.deepEqual([...new Set(silent.map(({ path }) => path))], [`/many/${HIDDEN}`])
      for (const method of ['GET', 'HEAD']) {
        const answer = await sendRaw(hiding.port, { method, target: `/many/${HIDDEN}` })
        assert.equal(answer.status, hidden)
        assert.ok(!answer.body.includes(SECRET))
      }
      assert.equal((await sendRaw(hiding.port, { target: '/many/116' })).status, 401)
    } finally {
      await hiding.close()
      await started.close()
    }
  })

  test(`${name}: the inventory tells every route with its word`, async () => {
    const routes = await sample.routes()
    const accessOf = (path: string) =>
      routes.find((route) => route.method === 'GET' && route.path === path)?.access
    assert.equal(accessOf('/open'), 'anyone')
    assert.equal(accessOf('/secret'), 'signedIn')
    assert.deepEqual(accessOf('/admin/panel'), { needs: { roles: ['admin'] } })
    assert.deepEqual(accessOf('/rule/:id'), { needs: { if: true } })
    assert.equal(accessOf('/plugin/page'), 'anyone')
    assert.equal(routes.filter(({ path }) => path.startsWith('/many/')).length >= SAMPLE_SIZE, true)
    const [open] = routes.filter(({ path }) => path === '/open')
    assert.match(open?.at?.file ?? '', /test\/adapters\/\w+\.test\.ts$/)
  })

  test(`${name}: G-4: a store that fails refuses`, async () => {
    const broken = newAuth()
    const failing: Gated = {
      gate: {
        admit: (request, access) => broken.gate.admit(request, access),
        refuse: broken.gate.refuse,
        hold: broken.gate.hold,
      },
      ready: async () => undefined,
    }
    const service = await open({ auth: failing })
    await broken.close()
    try {
      await service.ready().catch(() => undefined)
      const { status } = await sendRaw(service.port, { target: '/secret', headers: withToken(token) })
      assert.ok(status >= 400, String(status))
    } finally {
      await service.close()
    }
  })
}

/** Chunked bodies hold lengths between their parts; what is asked for is the JSON. */
export function bodyOf({ body }: { readonly body: string }): string {
  const start = body.indexOf('{')
  return body.slice(start, body.lastIndexOf('}') + 1)
}
