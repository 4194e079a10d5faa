import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { pageRoutes } from '../../src/endpoints/pages/routes.ts'
import type { Route } from '../../src/endpoints/route.ts'
import { routes } from '../../src/endpoints/routes.ts'
import { Access } from '../../src/model/access.ts'
import { countOf } from '../counts.ts'
import { seed } from '../store/seeded.ts'
import { claimsOf, ISSUER, PASSWORD } from './issuer.ts'
import { fieldsOf, goodFields, type RouteField, writeFields } from './route-fields.ts'
import { startTableIssuer, type TableIssuer } from './table-issuer.ts'

const NAUGHTY = new URL('../../../shared/vectors/http/naughty-strings.json', import.meta.url)

let table: TableIssuer
let token: string
before(async () => {
  table = await startTableIssuer()
  token = await table.newToken()
})
after(() => table.close())

const credentialOf = (route: Route) => (Access.requirementOf(route.access) ? token : undefined)
const withBody = routes.filter(({ body }) => body !== undefined)

test('G-9: on every route a method it has not is 405 with Allow, whatever it is called', async () => {
  const served = [...routes, ...pageRoutes]
  for (const { path } of served) {
    const address = path.replaceAll(/\{\w+\}/g, 'x')
    // Another route's variable part may stand for this one's last word.
    const fits = (route: { path: string }) =>
      new RegExp(`^${route.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(address)
    const methods = [...new Set(served.filter(fits).map(({ method }) => method))]
    for (const method of [
      'GET',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'PROPFIND',
      'get',
      'X'.repeat(99),
    ]) {
      if (methods.some((known) => known === method.toUpperCase())) continue
      const answer = await table.issuer.auth.fetch(new Request(ISSUER + address, { method }))
      assert.equal(answer.status, 405, `${method} ${path}`)
      assert.deepEqual(answer.headers.get('allow')?.split(', ').sort(), methods.sort())
    }
  }
})

test('G-9: on every route with a body another type is 415, more than 64 KiB is 413, half a body is 400', async () => {
  for (const route of withBody) {
    const given = { token: credentialOf(route) }
    const [as = 'json'] = route.body?.types ?? []
    const text = writeFields(as, goodFields(route))
    const types = [
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      '',
      'json',
    ]
    for (const type of types) {
      const answer = await table.send(route, as, text || 'x', { ...given, headers: { 'content-type': type } })
      if (type === '' && route.body?.optional) continue
      assert.equal(answer.status, 415, `${route.path} ${type}`)
      assert.match(answer.text, /"Content-Type"/)
    }
    const large = writeFields(as, { ...goodFields(route), more: 'x'.repeat(65_536) })
    assert.equal((await table.send(route, as, large, given)).status, 413, route.path)
    if (as !== 'json') continue
    for (const broken of [
      text.slice(0, -1),
      '',
      '[]',
      'null',
      '"x"',
      '7',
      `${'['.repeat(17)}${']'.repeat(17)}`,
    ]) {
      assert.equal((await table.send(route, as, broken, given)).status, 400, `${route.path} ${broken}`)
    }
    const latin = new Request(ISSUER + route.path, {
      method: route.method,
      body: Buffer.from(`{"x": "\xe9"}`, 'latin1'),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    })
    assert.equal((await table.issuer.auth.fetch(latin)).status, 400, route.path)
  }
})

test('G-9: a body of 64 KiB is read, and one of a byte more is not', async () => {
  const send = (bytes: number) =>
    table.issuer.call('POST', '/register', { json: 'x'.repeat(bytes - '""'.length) })
  assert.deepEqual([(await send(65_536)).status, (await send(65_537)).status], [400, 413])
})

test('G-9: a body that does not say how long it is, and never ends, is 413', async () => {
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(16_384)) })
  const headers = { 'content-type': 'application/json' }
  const endless = { method: 'POST', body, duplex: 'half', headers } as RequestInit
  const answer = await table.issuer.auth.fetch(new Request(`${ISSUER}/register`, endless))
  assert.equal(answer.status, 413)
})

test('an unknown path is 404, however near it is to one of ours', async () => {
  for (const path of [
    '/nothing',
    '/users/me/',
    '//users/me',
    '/Users/me',
    '/users%2fme',
    '/users/me;x',
    '/',
  ]) {
    assert.equal((await table.issuer.call('GET', path, { token })).status, 404, path)
  }
})

test('malformed bodies are 400 and say nothing of what was in them', async () => {
  const register = routes.find(({ path }) => path === '/register') as Route
  for (const text of ['{"password": "hunter2-secret", ', '"hunter2-secret"', '{"hunter2": {"hunter2": 1}}']) {
    const answer = await table.send(register, 'json', text)
    assert.equal(answer.status, 400, text)
    if (!text.includes('{"hunter2"')) assert.doesNotMatch(answer.text, /hunter2/)
  }
})

test('G-10: unknown parameters of the token endpoint are ignored (RFC 6749 section 3.2), and give nothing', async () => {
  const form = {
    grant_type: 'password',
    username: 'root',
    password: PASSWORD,
    sub: 'x',
    roles: 'owner',
    ver: '9',
  }
  const signedIn = await table.issuer.call('POST', '/token', { form })
  assert.equal(signedIn.status, 200)
  const claims = claimsOf(String(signedIn.body.access_token))
  assert.deepEqual(claims.roles, ['user', 'admin'])
  assert.equal(claims.sub, table.adminId)
})

/** What may be asked of any answer, whatever was sent. */
function assertSane(status: number, text: string, told: string): void {
  assert.ok(status < 500 || status === 503, `${told}: ${status} ${text}`)
  assert.doesNotMatch(text, /\n\s+at |node_modules|SQLITE|TypeError|ZodError/, told)
}

test('the strings that break programs, in every field and every path: a 4xx that names the field, or taken as they are', async (t) => {
  if (!existsSync(NAUGHTY)) return t.skip('the third-party strings are not beside this clone')
  const all: string[] = JSON.parse(readFileSync(NAUGHTY, 'utf8'))
  const step = countOf({ quick: 20, full: 1, long: 1 })
  const strings = all.filter((_, index) => index % step === seed % step)
  const users = () => JSON.stringify(table.rows().cs_users)
  const before = users()
  // The account that calls keeps its name: whatever is taken as one is taken from somebody else's account.
  const other = await table.issuer.auth.users.create({ email: 'mallory@example.com', password: PASSWORD })
  const { access_token: mallory } = await table.issuer.auth.sessions.start({ userId: other.id, amr: ['pwd'] })
  for (const field of fieldsOf(routes)) {
    // A password of awkward characters is a good password; to hash hundreds of them proves nothing more.
    if (field.isSecret) continue
    for (const value of strings) {
      const base = field.as === 'query' ? {} : { ...goodFields(field.route), ...weakPassword(field.route) }
      const text = writeFields(field.as, {
        ...base,
        [field.name]: field.types.includes('string') ? value : [value],
      })
      const credential = Access.requirementOf(field.route.access) ? mallory : undefined
      const answer = await table.send(field.route, field.as, text, { token: credential })
      const told = `${field.route.method} ${field.route.path} ${field.name} ${JSON.stringify(value)}`
      assertSane(answer.status, answer.text, told)
      if (answer.status === 200 && field.name in answer.body) {
        assert.equal(answer.body[field.name], value.normalize('NFKC').trim(), told)
      }
      if (answer.status === 401 && credential !== undefined) break // it has signed itself out
    }
  }
  await table.issuer.auth.users.remove(other.id)
  assert.equal(users(), before, 'nobody else was touched')
  for (const route of routes.filter(({ path }) => path.includes('{'))) {
    for (const part of strings) {
      const answer = await table.send(route, 'query', '', { token: credentialOf(route), part })
      assertSane(answer.status, answer.text, `${route.method} ${route.path} ${part}`)
      assert.ok(answer.status >= 400, `${route.method} ${route.path} ${part}`)
    }
  }
})

/** Keeps what is sent from being a complete registration. */
function weakPassword(route: Route): object {
  return 'password' in goodFields(route) ? { password: 'short' } : {}
}

const HEADERS = [
  'authorization',
  'content-type',
  'idempotency-key',
  'accept',
  'cookie',
  'origin',
  'x-forwarded-for',
  'range',
]
const header = fc.string({ unit: fc.constantFrom(...'aZ09 ,;=:/"%{}[]<>\\\t\xe9Bearer') })

// Made once: each such string looks for the dangerous ones among all code points.
const anyText = fc.string({ unit: 'binary' })
const anyRaw = fc.option(anyText, { freq: 8 })
const anyJson = fc.jsonValue({ maxDepth: 3 })
const anyHeaders = fc.dictionary(fc.constantFrom(...HEADERS), header, { maxKeys: 2 })
const anyPart = fc.string({ unit: 'binary', minLength: 1 })

/** The fields of a route as its example has them, then some of them spoilt by chance. */
function spoilt(route: Route): fc.Arbitrary<Record<string, unknown>> {
  const names = [...fieldsOf([route]).map(({ name }) => name), '__proto__', 'constructor', 'toString']
  const value = fc.oneof(anyJson, anyText, fc.constantFrom(...Object.values(goodFields(route)), ''))
  return fc
    .dictionary(fc.constantFrom(...names), value, { maxKeys: 4 })
    .map((changes) => ({ ...goodFields(route), ...changes }))
}

test(`any fields, headers and paths at every route: never a failure inside, and what the schema refuses is never done (seed ${seed})`, async () => {
  // Its own issuer: here requests may be right by chance, and change things.
  const chance = await startTableIssuer()
  const request = fc.constantFrom(...routes).chain((route) =>
    fc.record({
      route: fc.constant(route),
      as: fc.constantFrom<RouteField['as']>(...(route.body?.types ?? []), 'query'),
      fields: spoilt(route),
      raw: anyRaw,
      headers: anyHeaders,
      part: anyPart,
      isSignedIn: fc.boolean(),
    }),
  )
  await fc.assert(
    fc.asyncProperty(request, async ({ route, as, fields, raw, headers, part, isSignedIn }) => {
      const sent = Object.fromEntries(
        Object.entries(headers).filter(([, value]) => /^[\x20-\x7e\xe9\t]*$/.test(value)),
      )
      const text = raw ?? writeFields(as, fields)
      const options = {
        headers: sent,
        part: part.toWellFormed(),
        token: isSignedIn ? await chance.newToken() : undefined,
      }
      const answer = await chance.send(
        route,
        as,
        as === 'query' && raw !== null ? `?${encodeURI(text.toWellFormed())}` : text,
        options,
      )
      assertSane(answer.status, answer.text, `${route.method} ${route.path}`)
      const accepts = raw === null && route.body?.schema.safeParse(JSON.parse(JSON.stringify(fields))).success
      if (as === 'json' && !accepts && !route.body?.optional)
        assert.ok(answer.status >= 400, `${route.path} ${text}`)
      if (answer.status < 400 || route.style === 'oauth') return
      assert.ok(answer.body.code && answer.body.reference, `${route.path}: ${answer.text}`)
    }),
    { seed, numRuns: countOf({ quick: 200, full: 4000, long: 50_000 }) },
  )
  await chance.close()
})
