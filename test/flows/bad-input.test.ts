import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { routes } from '../../src/endpoints/routes.ts'
import { Access } from '../../src/model/access.ts'
import { claimsOf, PASSWORD, startIssuer, type TestIssuer, type Tokens } from './issuer.ts'

let issuer: TestIssuer
let tokens: Tokens
before(async () => {
  issuer = await startIssuer()
  tokens = await issuer.signUp('alice')
})
after(() => issuer.close())

const NAUGHTY = new URL('../../../shared/vectors/http/naughty-strings.json', import.meta.url)
const seed = Number(process.env.COUNTERSIGN_SEED ?? Date.now() % 2 ** 31)
const runs = process.env.COUNTERSIGN_LONG === '1' ? 2000 : 150

/** The bodies that work, to break one field at a time. */
const GOOD: Readonly<Record<string, Record<string, string>>> = {
  '/register': { email: 'new@example.com', password: PASSWORD, username: 'newcomer' },
  '/token': { grant_type: 'password', username: 'alice', password: PASSWORD, scope: 'profile:read' },
  '/refresh': { refresh_token: 'cs_rt_x', scope: 'profile:read' },
  '/users/me': { username: 'alice2' },
  '/password/change': { current_password: PASSWORD, new_password: 'another long sentence' },
}

const bodyRoutes = routes.filter(({ body, path }) => body !== undefined && path in GOOD)

async function send(route: (typeof routes)[number], fields: Record<string, unknown>) {
  const isForm = !route.body?.types.includes('json')
  return issuer.call(route.method, route.path, {
    ...(isForm ? { form: fields as Record<string, string> } : { json: fields }),
    ...(Access.requirementOf(route.access) && { token: tokens.access }),
  })
}

test('every route with fields is in this file', () => {
  const known = [...Object.keys(GOOD), '/logout']
  assert.deepEqual(
    routes
      .filter(({ body }) => body !== undefined)
      .map(({ path }) => path)
      .filter((path) => !known.includes(path)),
    [],
  )
})

test('G-12: a field that is missing, empty, too long or not a text is a 400 that names it, and writes nothing', async () => {
  const before = await issuer.auth.users.list({ limit: 100 })
  for (const route of bodyRoutes) {
    const good = GOOD[route.path] ?? {}
    const isForm = !route.body?.types.includes('json')
    for (const field of Object.keys(good)) {
      const wrong: unknown[] = ['', 'x'.repeat(3000)]
      if (!isForm) wrong.push(null, 7, true, [good[field]], { $ne: '' }, { toString: 'x' })
      for (const value of wrong) {
        if (field === 'scope' && value === '') continue
        const answer = await send(route, { ...good, [field]: value })
        assert.equal(answer.status, 400, `${route.path} ${field} ${JSON.stringify(value)?.slice(0, 20)}`)
        const named = (answer.body.errors as { field: string }[] | undefined)?.map((error) => error.field)
        assert.ok(
          named?.some((name) => name.split('.')[0] === field),
          `${route.path} ${field}: ${answer.text}`,
        )
      }
    }
  }
  assert.deepEqual(await issuer.auth.users.list({ limit: 100 }), before)
})

test('G-10: no body sets a role, a state, an id, a counter or a verified address', async () => {
  for (const field of [
    'role',
    'roles',
    'emailVerified',
    'email_verified',
    'id',
    'ver',
    'epoch',
    'version',
    'state',
  ]) {
    for (const route of bodyRoutes.filter(({ body }) => body?.types.includes('json'))) {
      if (route.path === '/refresh') continue
      const answer = await send(route, { ...GOOD[route.path], [field]: 'admin' })
      assert.equal(answer.status, 400, `${route.path} ${field}`)
      assert.match(answer.text, new RegExp(`"${field}"`))
    }
  }
  const form = { grant_type: 'password', username: 'alice', password: PASSWORD, roles: 'admin', sub: 'x' }
  const signedIn = await issuer.call('POST', '/token', { form })
  assert.equal(
    signedIn.status,
    200,
    'unknown parameters of the token endpoint are ignored (RFC 6749 section 3.2)',
  )
  assert.deepEqual(claimsOf(String(signedIn.body.access_token)).roles, ['user'])
})

test('C14: a form parameter that is sent twice is refused', async () => {
  const form = `grant_type=password&username=alice&username=bob&password=${encodeURIComponent(PASSWORD)}`
  const answer = await issuer.call('POST', '/token', { form })
  assert.equal(answer.status, 400)
  assert.equal(answer.body.error, 'invalid_request')
  assert.match(answer.text, /"username"/)
})

test('G-9: a body over 64 KiB is 413, a wrong type 415, a wrong method 405 with Allow, an unknown path 404', async () => {
  const json = { email: 'a@example.com', password: 'x'.repeat(70_000) }
  assert.equal((await issuer.call('POST', '/register', { json })).status, 413)
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(16_384)),
  })
  const endless = new Request('http://127.0.0.1:8000/register', {
    method: 'POST',
    body: stream,
    duplex: 'half',
    headers: { 'content-type': 'application/json' },
  } as RequestInit)
  assert.equal((await issuer.auth.fetch(endless)).status, 413, 'also one that does not say how long it is')

  const asText = { headers: { 'content-type': 'text/plain' }, json: GOOD['/register'] }
  assert.equal((await issuer.call('POST', '/register', asText)).status, 415)
  assert.equal((await issuer.call('POST', '/token', { json: GOOD['/token'] })).status, 415)
  const wrongMethod = await issuer.call('DELETE', '/token')
  assert.equal(wrongMethod.status, 405)
  assert.equal(wrongMethod.headers.get('allow'), 'POST')
  for (const path of ['/nothing', '/users/me/', '//users/me', '/Users/me', '/users%2fme', '/']) {
    assert.equal((await issuer.call('GET', path, { token: tokens.access })).status, 404, path)
  }
})

test('malformed bodies are 400 and say nothing of what was in them', async () => {
  for (const [type, text] of [
    ['application/json', '{"password": "hunter2-secret", '],
    ['application/json', '[]'],
    ['application/json', 'null'],
    ['application/json', '"hunter2-secret"'],
    ['application/json', ''],
  ] as const) {
    const request = new Request('http://127.0.0.1:8000/register', {
      method: 'POST',
      body: text,
      headers: { 'content-type': type },
    })
    const answer = await issuer.auth.fetch(request)
    assert.equal(answer.status, 400, text)
    assert.doesNotMatch(await answer.text(), /hunter2/)
  }
})

test('awkward strings in every field are a 4xx, or harmless', async (t) => {
  if (!existsSync(NAUGHTY)) return t.skip('the third-party strings are not at hand')
  const strings: string[] = JSON.parse(readFileSync(NAUGHTY, 'utf8'))
  const some = process.env.COUNTERSIGN_LONG === '1' ? strings : strings.filter((_, index) => index % 6 === 0)
  for (const route of bodyRoutes) {
    for (const field of Object.keys(GOOD[route.path] ?? {})) {
      // A new password of awkward characters is a good password; hashing hundreds of them proves nothing more.
      if (/password/.test(field)) continue
      for (const value of some) {
        const answer = await send(route, { ...GOOD[route.path], password: 'short', [field]: value })
        assert.ok(answer.status < 500, `${route.path} ${field} ${JSON.stringify(value)}: ${answer.text}`)
        assert.ok(answer.status >= 400 || route.path === '/users/me', `${route.path} ${field} ${value}`)
      }
    }
  }
})

test(`any JSON at any route never fails inside (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...routes.filter(({ path }) => path !== '/users/me/sessions' && path !== '/logout')),
      fc.jsonValue({ maxDepth: 3 }),
      fc.dictionary(
        fc.constantFrom('authorization', 'content-type', 'idempotency-key', 'accept'),
        fc.string(),
      ),
      async (route, value, extra) => {
        const headers = new Headers({ 'content-type': 'application/json' })
        for (const [name, text] of Object.entries(extra)) {
          if (/^[\x20-\x7e]*$/.test(text)) headers.set(name, text)
        }
        const isGet = route.method === 'GET'
        const answer = await issuer.auth.fetch(
          new Request(`http://127.0.0.1:8000${route.path.replace('{id}', 'x').replace('{file}', 'x')}`, {
            method: route.method,
            headers,
            ...(isGet ? {} : { body: JSON.stringify(value) }),
          }),
        )
        assert.ok(answer.status < 500, `${route.method} ${route.path}: ${answer.status}`)
        await answer.arrayBuffer()
      },
    ),
    { seed, numRuns: runs },
  )
})
