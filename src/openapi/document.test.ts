import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { z } from 'zod'
import {
  build,
  described,
  ISSUER,
  made,
  operationOf,
  options,
  referencesIn,
  shown,
} from '../../test/openapi/shown-document.ts'
import { routes } from '../endpoints/routes.ts'
import { Access } from '../model/access.ts'
import { openApiDocument } from './document.ts'

test('the document keeps the schema of OpenAPI 3.1, with and without password grant and profile', async () => {
  for (const more of [{}, { passwordGrant: false }, { profile: z.object({ city: z.string() }) }]) {
    const { valid, errors } = await new Validator().validate(
      JSON.parse(JSON.stringify(openApiDocument({ ...options, ...more }))),
    )
    assert.ok(valid, JSON.stringify(errors))
  }
  assert.match(shown.openapi, /^3\.1\./)
})

test('every route of the table is described, but for the hidden ones, and nothing else is', () => {
  const inDocument = Object.entries(shown.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  assert.deepEqual(inDocument.sort(), described.map(({ method, path }) => `${method} ${path}`).sort())
  assert.ok(routes.some(({ hidden }) => hidden))
})

test('names of operations are unique and follow from the address', () => {
  const ids = described.map((row) => operationOf(row).operationId)
  assert.equal(new Set(ids).size, ids.length)
  assert.equal(
    operationOf({ method: 'DELETE', path: '/users/me/sessions/{id}' }).operationId,
    'deleteUsersMeSessionsById',
  )
})

test('every reference leads somewhere, and every component is referred to', () => {
  const references = new Set(referencesIn(shown.paths).concat(referencesIn(shown.components)))
  const parts = (['schemas', 'responses'] as const).flatMap((kind) =>
    Object.keys(shown.components[kind]).map((name) => `#/components/${kind}/${name}`),
  )
  assert.deepEqual([...references].sort(), parts.sort())
})

test('F-10, DOCS_OPERATION_NO_SECURITY: the security of an operation is that of its access word', () => {
  const declared = new Set(Object.keys(options.scopes))
  for (const row of described) {
    const requirement = Access.requirementOf(row.access)
    const { security } = operationOf(row)
    if (requirement === undefined) {
      assert.ok(security.length === 0 || 'credential' in row, row.path)
      continue
    }
    const ways = [
      { via: 'bearer', way: { password: [...(requirement.scopes ?? [])] } },
      { via: 'bearer', way: { code: [...(requirement.scopes ?? [])] } },
      { via: 'bearer', way: { bearer: [] } },
      { via: 'api-key', way: { apiKey: [] } },
      { via: 'session', way: { session: [] } },
      { via: 'basic', way: { basic: [] } },
    ]
    const asksForUser = requirement.scopes?.includes('openid') === true
    const taken = ways
      .filter(({ via }) => requirement.via?.includes(via) ?? true)
      .filter(({ way }) => !(asksForUser && 'password' in way))
    assert.deepEqual(
      security,
      taken.map(({ way }) => way),
      row.path,
    )
    for (const scope of requirement.scopes ?? []) assert.ok(declared.has(scope) || asksForUser, scope)
  }
})

test('a credential that is used if it comes along is shown as optional', () => {
  const row = made({ credential: 'optional' })
  assert.deepEqual(operationOf(row, build({ routes: [row] })).security, [
    {},
    { password: [] },
    { code: [] },
    { bearer: [] },
    { session: [] },
  ])
})

test('DOCS_TOKEN_URL, C18: addresses are those of the issuer and of the route in the table', () => {
  const { password, bearer } = shown.components.securitySchemes
  const flow = { tokenUrl: `${ISSUER}/token`, refreshUrl: `${ISSUER}/token`, scopes: options.scopes }
  assert.deepEqual(password?.flows, { password: flow })
  assert.equal(bearer?.scheme, 'bearer')
  assert.ok(routes.some(({ method, path }) => method === 'POST' && path === '/token'))
  assert.deepEqual(shown.servers, [{ url: ISSUER }])
})

test('C7: a password grant that is off is not offered', () => {
  const without = build({ passwordGrant: false })
  assert.deepEqual(Object.keys(without.components.securitySchemes), [
    'code',
    'bearer',
    'apiKey',
    'session',
    'basic',
    'ticket',
  ])
  for (const row of described) {
    for (const way of operationOf(row, without).security) assert.ok(!('password' in way), row.path)
  }
})

test('DOCS_AUTH_AS_PARAMETER: parameters are those of path and query, and no credential is one', () => {
  for (const row of described) {
    const parameters = operationOf(row).parameters ?? []
    const names = [...row.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    assert.deepEqual(
      parameters.filter((parameter) => parameter.in === 'path').map(({ name, required }) => [name, required]),
      names.map((name) => [name, true]),
    )
    for (const parameter of parameters) assert.ok(['path', 'query'].includes(parameter.in))
  }
  const keep = operationOf({ method: 'DELETE', path: '/users/me/sessions' }).parameters?.[0]
  assert.equal(keep?.name, 'keep')
  assert.equal(keep?.required, false)
  assert.deepEqual(keep?.schema, { type: 'string', default: 'none', enum: ['none', 'current'] })
})

test('a query that cannot be taken apart is a fault of ours, found when the document is built', () => {
  const row = made({ query: z.string() })
  assert.throws(() => build({ routes: [row] }), /query of \/things/)
})

test('equal options give an equal text, whoever built a document before', () => {
  const before = JSON.stringify(openApiDocument(options))
  openApiDocument({ ...options, passwordGrant: false, routes: [...routes].reverse() })
  assert.equal(JSON.stringify(openApiDocument(options)), before)
})
