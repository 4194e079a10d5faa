import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import {
  build,
  described,
  made,
  operationOf,
  options,
  referencesIn,
  shown,
} from '../../test/openapi/shown-document.ts'

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
