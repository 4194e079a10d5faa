import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApiTargets } from '../probe/openapi-targets.ts'
import { readDocument } from './document.ts'

const JSON_TEXT = JSON.stringify({
  openapi: '3.1.0',
  paths: {
    '/orders': { get: { security: [{ jwt: ['orders:read'] }] }, post: { security: [{ jwt: [] }] } },
    '/public': { get: { security: [] } },
  },
  components: { securitySchemes: { jwt: { type: 'http', scheme: 'bearer' } } },
})

const YAML_TEXT = `
openapi: 3.1.0
x-guarded: &guarded
  security:
    - jwt: []
paths:
  /orders:
    get:
      security: [{ jwt: [orders:read] }] # a comment
      responses: { 200: { description: 'yes' } }
    post:
      <<: *guarded
  /public: { get: { security: [] } }
components:
  securitySchemes:
    jwt: { type: http, scheme: bearer }
`

test('a document in YAML asks for the same as in JSON, also by reference', async () => {
  const [json, yaml] = await Promise.all([readDocument(JSON_TEXT), readDocument(YAML_TEXT)])
  assert.ok(json && yaml)
  const targets = openApiTargets(yaml).targets.map(({ method, path, access }) => ({ method, path, access }))
  assert.deepEqual(
    targets,
    openApiTargets(json).targets.map(({ method, path, access }) => ({ method, path, access })),
  )
  assert.equal(targets.length, 3)
})

test('what is no document, or not surely one, is none', async () => {
  const bomb = [
    'a0: &a0 [x]',
    ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
  ]
  for (const text of [
    '',
    'no',
    '- a\n- b',
    '[1]',
    '<!doctype html><html></html>',
    'a: 1\na: 2',
    'a: [1',
    '%YAML 1.2\n---\n\t- x',
    'a: *nobody',
    'one: 1\n---\ntwo: 2',
    bomb.join('\n'),
  ]) {
    assert.equal(await readDocument(text), undefined, text.slice(0, 40))
  }
})

test('nothing in a document is carried out, and no name in it reaches a prototype', async () => {
  const read = await readDocument("a: !!js/function 'function () {}'\n__proto__: { polluted: 1 }\n")
  assert.equal(typeof read?.a, 'string')
  assert.equal((read as { polluted?: unknown }).polluted, undefined)
  assert.equal(({} as { polluted?: unknown }).polluted, undefined)
})
