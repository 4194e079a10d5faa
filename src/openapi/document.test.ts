import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { z } from 'zod'
import { checkOptions } from '../config/resolve.ts'
import { routes } from '../endpoints/routes.ts'
import { catalogue } from '../errors/codes.ts'
import { Refusal } from '../errors/refusal.ts'
import { oauthErrorResponse, problemResponse } from '../http/error-response.ts'
import { Access, anyone, needs, signedIn } from '../model/access.ts'
import type { DescribedRoute } from './described-route.ts'
import { type DocumentOptions, openApiDocument } from './document.ts'

const ISSUER = 'https://id.example.com/auth'
const { scopes, roles } = checkOptions({}).settings
const options: DocumentOptions = {
  routes,
  issuer: ISSUER,
  passwordGrant: true,
  scopes,
  roles,
  title: 'Example API',
  version: '1.2.3',
}

const headerShape = z.object({ required: z.boolean(), schema: z.looseObject({}) })
const responseShape = z.object({
  $ref: z.string().optional(),
  description: z.string().optional(),
  headers: z.record(z.string(), headerShape).optional(),
  content: z
    .record(
      z.string(),
      z.object({
        schema: z.unknown(),
        example: z.unknown().optional(),
        examples: z.record(z.string(), z.object({ value: z.record(z.string(), z.unknown()) })).optional(),
      }),
    )
    .optional(),
})
const operationShape = z.object({
  operationId: z.string(),
  description: z.string().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string(), required: z.boolean() })).optional(),
  requestBody: z
    .object({
      required: z.boolean(),
      content: z.record(z.string(), z.object({ schema: z.unknown(), example: z.unknown().optional() })),
    })
    .optional(),
  responses: z.record(z.string(), responseShape),
})
const documentShape = z.object({
  openapi: z.string(),
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  servers: z.array(z.object({ url: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operationShape)),
  components: z.object({
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.string() })),
    schemas: z.record(z.string(), z.looseObject({})),
    responses: z.record(z.string(), responseShape),
  }),
})

type Shown = z.infer<typeof documentShape>

/** As programs get it: through JSON, so that nothing counts that JSON does not carry. */
function build(more: Partial<DocumentOptions> = {}): Shown {
  return documentShape.parse(JSON.parse(JSON.stringify(openApiDocument({ ...options, ...more }))))
}

const shown = build()
const described = routes.filter(({ hidden }) => hidden !== true)

function operationOf({ method, path }: Pick<DescribedRoute, 'method' | 'path'>, document = shown) {
  const operation = document.paths[path]?.[method.toLowerCase()]
  assert.ok(operation, `${method} ${path} is not described`)
  return operation
}

function responseOf(route: DescribedRoute, status: number, document = shown) {
  const response = operationOf(route, document).responses[status]
  const name = response?.$ref?.replace('#/components/responses/', '')
  return name === undefined ? response : document.components.responses[name]
}

function made(more: Partial<DescribedRoute>): DescribedRoute {
  return {
    method: 'GET',
    path: '/things',
    access: anyone,
    summary: 'Things',
    tag: 'Accounts',
    style: 'problem',
    answers: { 200: { description: 'Things.' } },
    ...more,
  }
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner),
  )
}

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

test('F-10: refusals follow from access, body and query', () => {
  for (const row of described) {
    const requirement = Access.requirementOf(row.access)
    const statuses = Object.keys(operationOf(row).responses).map(Number)
    const has = (status: number, due: boolean) =>
      assert.equal(statuses.includes(status), due, `${row.method} ${row.path}: ${status}`)
    const named = (status: number) => status in row.answers
    has(401, requirement !== undefined || named(401))
    has(403, Boolean(requirement?.scopes ?? requirement?.roles ?? requirement?.via) || named(403))
    has(400, row.body !== undefined || row.query !== undefined || named(400))
    has(413, row.body !== undefined)
    has(415, row.body !== undefined)
    has(500, true)
    has(503, true)
    for (const status of statuses.filter((each) => each >= 400)) {
      const response = responseOf(row, status)
      const type = row.style === 'oauth' ? 'application/json' : 'application/problem+json'
      assert.ok(response?.content?.[type]?.schema, `${row.path}: ${status}`)
      assert.ok(response.description)
      const challenged =
        response.headers?.['WWW-Authenticate'] !== undefined || (status !== 401 && status !== 403)
      // That another kind of credential is needed is no question of scope, and RFC 6750 has no word for it.
      const ofKind = status === 403 && requirement?.scopes === undefined && requirement?.roles === undefined
      assert.ok(challenged || named(403) || ofKind, `${row.path}: ${status} has no challenge`)
      assert.equal(response.headers?.['Retry-After'] !== undefined, status === 503 || status === 429)
    }
  }
})

test('each part of a requirement shows: scopes, roles, kind of credential, fresh sign-in', () => {
  const row = made({
    access: needs({ scopes: ['a', 'b'], roles: ['x', 'y'], via: ['bearer'], freshWithinSeconds: 300 }),
    description: 'Of mine.',
  })
  const plainly = made({ path: '/others', access: signedIn })
  const document = build({ routes: [row, plainly] })
  assert.equal(
    operationOf(row, document).description,
    'Of mine.\n\nNeeds the scope `a` and `b`, and the role `x` or `y`, and a credential of the kind `bearer`, ' +
      'and a sign-in within the last 300 seconds.',
  )
  const codesAt = (route: DescribedRoute, status: number) =>
    Object.keys(responseOf(route, status, document)?.content?.['application/problem+json']?.examples ?? {})
  const credential = ['token_missing', 'token_malformed', 'token_expired', 'token_invalid']
  assert.deepEqual(codesAt(row, 401), [...credential, 'reauthentication_required'])
  assert.deepEqual(codesAt(row, 403), ['insufficient_scope', 'access_denied'])
  // The plain route does not get the response that the other one shared first.
  assert.deepEqual(codesAt(plainly, 401), credential)
  assert.equal(operationOf(plainly, document).responses[403], undefined)
})

test('the examples of refusals are what the server writes', async () => {
  const reference = '4fd1c0a97e3b52d86a04b1c7'
  const written = new Map<string, unknown>()
  for (const cause of Object.keys(catalogue) as (keyof typeof catalogue)[]) {
    const refusal = new Refusal(cause, {
      ...(cause === 'REQUEST_INVALID' && { fields: [{ field: 'username', message: 'Must be a text.' }] }),
    })
    for (const response of [
      problemResponse(refusal, { reference }),
      oauthErrorResponse(refusal, { reference }),
    ]) {
      const text = await response.text()
      written.set(canonical(JSON.parse(text)), response.status)
    }
  }
  let count = 0
  for (const row of described) {
    for (const status of Object.keys(operationOf(row).responses).map(Number)) {
      for (const media of Object.values(responseOf(row, status)?.content ?? {})) {
        for (const [code, { value }] of Object.entries(media.examples ?? {})) {
          assert.equal(written.get(canonical(value)), status, `${row.path}: ${code}`)
          count += 1
        }
      }
    }
  }
  assert.ok(count > 50, String(count))
})

function canonical(value: Record<string, unknown>): string {
  return JSON.stringify(value, Object.keys(value).concat('field', 'message').sort())
}

test('every example of a body or an answer keeps the schema beside it', () => {
  for (const row of described) {
    const { body } = row
    if (body?.example !== undefined) {
      body.schema.parse(body.example)
      for (const media of Object.values(operationOf(row).requestBody?.content ?? {})) {
        assert.deepEqual(media.example, body.example)
      }
    }
    for (const { schema, example } of Object.values(row.answers)) {
      if (schema !== undefined && example !== undefined) schema.parse(example)
    }
  }
})

test('bodies are described in each type that is read; an optional one is not required', () => {
  const refresh = operationOf({ method: 'POST', path: '/refresh' }).requestBody
  assert.deepEqual(Object.keys(refresh?.content ?? {}), [
    'application/json',
    'application/x-www-form-urlencoded',
  ])
  assert.equal(refresh?.required, true)
  assert.equal(operationOf({ method: 'POST', path: '/logout' }).requestBody?.required, false)
  for (const row of described) {
    assert.equal(operationOf(row).requestBody !== undefined, row.body !== undefined, row.path)
  }
})

test('G-10: what a body may hold is closed where the route says so; answers stay open', () => {
  assert.equal(shown.components.schemas.Registration?.additionalProperties, false)
  assert.equal(shown.components.schemas.User?.additionalProperties, undefined)
})

test('schemas carry no pattern beside a format, and no bounds that every number keeps', () => {
  const text = JSON.stringify(shown.components.schemas)
  assert.doesNotMatch(text, /"format":"[^"]+","pattern"|9007199254740991|propertyNames/)
})

test('scopes and roles stand in the description with their sentences', () => {
  for (const [scope, sentence] of Object.entries(options.scopes)) {
    assert.ok(shown.info.description.includes(`| \`${scope}\` | ${sentence} |`), scope)
  }
  assert.match(shown.info.description, /\| `user` \| Everybody with an account \| `profile:read` \|/)
})

test('profile fields are described by the schema of the application', () => {
  const { schemas } = build({
    profile: z.object({ city: z.string(), age: z.int().min(0).optional() }),
  }).components
  for (const name of ['User', 'Registration', 'AccountChange']) {
    const { properties } = z.object({ properties: z.looseObject({}) }).parse(schemas[name])
    assert.deepEqual(properties.profile, { $ref: '#/components/schemas/Profile' }, name)
  }
  assert.deepEqual(schemas.Profile?.required, ['city'])
  assert.equal(schemas.Profile?.$schema, undefined)
})

test('references inside the schema of the application lead to where it stands now', () => {
  const node = z.object({
    get next() {
      return node.optional()
    },
    shared: z.string().meta({ id: 'Shared' }),
  })
  const document = build({ profile: node })
  const { Profile } = document.components.schemas
  const references = referencesIn(Profile)
  assert.ok(references.length >= 2)
  for (const reference of references) {
    assert.ok(reference.startsWith('#/components/schemas/Profile'), reference)
    const steps = reference.slice(2).split('/')
    let place: unknown = document
    for (const step of steps) place = z.record(z.string(), z.unknown()).parse(place)[step]
    assert.ok(place, reference)
  }
})

test('a profile schema that cannot be shown leaves the fields open', () => {
  const validate = (value: unknown) => ({ value: value as Record<string, unknown> })
  const mute = { '~standard': { version: 1, vendor: 'mute', validate } } as const
  const failing = {
    '~standard': {
      ...mute['~standard'],
      jsonSchema: {
        input: () => {
          throw new Error('cannot be represented')
        },
      },
    },
  }
  for (const profile of [mute, failing]) assert.deepEqual(build({ profile }), shown)
})

test('equal options give an equal text, whoever built a document before', () => {
  const before = JSON.stringify(openApiDocument(options))
  openApiDocument({ ...options, passwordGrant: false, routes: [...routes].reverse() })
  assert.equal(JSON.stringify(openApiDocument(options)), before)
})

test('two schemas of one id are a fault of ours, found when the document is built', () => {
  const answers = (schema: z.ZodType) => ({ 200: { description: 'Thing.', schema } })
  const one = made({ answers: answers(z.object({ a: z.string() }).meta({ id: 'Thing' })) })
  const same = made({ path: '/b', answers: answers(z.object({ a: z.string() })) })
  const input = made({
    path: '/c',
    method: 'POST',
    body: { types: ['json'], schema: z.object({ a: z.int() }).meta({ id: 'Problem' }) },
  })
  assert.ok(build({ routes: [one, same] }))
  assert.throws(() => build({ routes: [one, input] }), /id Problem/)
})

test('an answer with a form of its own keeps it beside the refusal of the same status', () => {
  const row = { method: 'GET', path: '/readyz' }
  assert.deepEqual(Object.keys(operationOf(row).responses[503]?.content ?? {}), [
    'application/json',
    'application/problem+json',
  ])
})
