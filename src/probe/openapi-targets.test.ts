import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApiTargets } from './openapi-targets.ts'
import { fillPath, NOBODY } from './target.ts'
import { variantsOf } from './variants.ts'

const minimal = (paths: object, more: object = {}) => ({
  openapi: '3.1.0',
  info: { title: 'T' },
  paths,
  ...more,
})
const only = (operation: object, more: object = {}) => {
  const [target] = openApiTargets(minimal({ '/x': { get: operation } }, more)).targets
  assert.ok(target)
  return target
}

test('what an operation declares is what is expected of it', () => {
  const schemes = {
    oauth: { type: 'oauth2' },
    jwt: { type: 'http', scheme: 'Bearer' },
    basic: { type: 'http', scheme: 'basic' },
    key: { type: 'apiKey', in: 'header', name: 'x-key' },
  }
  const more = { components: { securitySchemes: schemes } }
  for (const [security, access, carriers] of [
    [undefined, 'anyone', []],
    [[], 'anyone', []],
    [[{}], 'anyone', []],
    [[{}, { jwt: [] }], 'anyone', ['bearer']],
    [[{ jwt: [] }], 'signedIn', ['bearer']],
    [[{ oauth: ['a', 'b'] }, { jwt: [] }], { needs: { scopes: ['a', 'b'] } }, ['bearer']],
    [[{ basic: [] }, { key: [] }], 'signedIn', ['basic', 'other']],
    [[{ unheard: [] }], 'signedIn', ['other']],
  ] as const) {
    const target = only(security === undefined ? {} : { security }, more)
    assert.deepEqual(target.access, access)
    assert.deepEqual(target.carriers, carriers)
    assert.equal(target.optional, security?.length === 2 && access === 'anyone' ? true : undefined)
  }
})

test('an operation inherits the security of the document, and an empty list takes it back', () => {
  const more = {
    security: [{ jwt: [] }],
    components: { securitySchemes: { jwt: { type: 'http', scheme: 'bearer' } } },
  }
  assert.equal(only({}, more).access, 'signedIn')
  assert.equal(only({ security: [] }, more).access, 'anyone')
})

test('parameters are filled by example, by type, or with what names nobody', () => {
  const parameter = (name: string, more: object) => ({ name, in: 'path', required: true, ...more })
  const { targets } = openApiTargets(
    minimal(
      {
        '/a/{n}/{u}/{e}/{kind}/{orderId}/{free}': {
          parameters: [
            parameter('n', { schema: { type: 'integer' } }),
            { $ref: '#/components/parameters/u' },
          ],
          get: {
            parameters: [
              parameter('e', { example: 'one two' }),
              parameter('kind', { schema: { enum: ['big', 'small'] } }),
              { name: 'q', in: 'query', required: true },
              { name: 'left-out', in: 'query' },
            ],
          },
        },
      },
      { components: { parameters: { u: parameter('u', { schema: { format: 'uuid' } }) } } },
    ),
  )
  assert.equal(targets[0]?.address, `/a/0/${NOBODY}/one%20two/big/${NOBODY}/probe?q=probe`)
})

test('a body is the example of its type, or an empty one', () => {
  for (const [content, expected] of [
    [{ 'application/json': { example: { a: 1 } } }, { type: 'application/json', text: '{"a":1}' }],
    [
      { 'text/plain': {}, 'application/json': { examples: { one: { value: [1] } } } },
      { type: 'application/json', text: '[1]' },
    ],
    [
      { 'application/x-www-form-urlencoded': { example: { a: 'b c' } } },
      { type: 'application/x-www-form-urlencoded', text: 'a=b+c' },
    ],
    [{ 'multipart/form-data': {} }, { type: 'multipart/form-data', text: '' }],
  ] as const) {
    assert.deepEqual(only({ requestBody: { content } }).body, expected)
  }
})

test('a document that is none is refused, one that is odd is read as far as it goes', () => {
  for (const other of [undefined, null, [], {}, { openapi: 3, paths: {} }, { swagger: '2.0', paths: {} }]) {
    assert.throws(() => openApiTargets(other), TypeError)
  }
  const loop = { $ref: '#/paths/~1loop' }
  const odd = minimal({ '/loop': loop, '/null': null, '/text': 'x', '/get': { get: null, post: 1 } })
  assert.deepEqual(
    openApiTargets(odd).targets.map(({ method, path }) => `${method} ${path}`),
    ['GET /get', 'POST /get'],
  )
})

test('the variable parts of every framework are filled', () => {
  for (const [path, filled] of [
    ['/todos/:id', `/todos/${NOBODY}`],
    ['/todos/:id(\\d+)/x', `/todos/${NOBODY}/x`],
    ['/todos/:name{[a-z]+}', '/todos/probe'],
    ['/todos/{todoId}', `/todos/${NOBODY}`],
    ['/files/*', '/files/probe'],
    ['/files/*path', '/files/probe'],
    ['/files/{*rest}', '/files/probe'],
    ['/plain', '/plain'],
    ['*', '/probe'],
    ['/todos{/:id}', `/todos/${NOBODY}`],
    ['{/*rest}/page', '/probe/page'],
  ] as const) {
    assert.equal(fillPath(path), filled)
  }
})

test('G-2: variants differ from the path and from one another, and name the method they are about', () => {
  for (const [method, address] of [
    ['GET', '/todos/1'],
    ['DELETE', '/a?b=c'],
    ['GET', '/'],
    ['POST', '/todos'],
  ] as const) {
    const variants = variantsOf({ method, path: address, address, access: 'signedIn', carriers: ['bearer'] })
    assert.ok(variants.length >= 15)
    const sent = variants.map((variant) => JSON.stringify(variant.sent))
    assert.equal(new Set(sent).size, sent.length)
    assert.ok(!sent.includes(JSON.stringify({ method, path: address })))
    assert.ok(variants.every((variant) => variant.sent.path.startsWith('/')))
  }
})
