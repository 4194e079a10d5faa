import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardRequestOf } from '../guard/guard-request.ts'
import { createCors } from '../http/cors.ts'
import { createEdge, type DressedAnswer, withFields } from './edge.ts'

const APP = 'https://app.example.com'
const request = guardRequestOf(new Request('http://x/', { headers: { origin: APP } }))

function answerWith(headers: Record<string, string>): { headers: Headers; answer: DressedAnswer } {
  const own = new Headers(headers)
  return {
    headers: own,
    answer: {
      get: (name) => own.get(name) ?? undefined,
      set: (name, value) => own.set(name, value),
    },
  }
}

test('what a route says itself stays, but for who may read the answer', () => {
  const { headers: shared } = createCors([APP])
  const cors = { preflight: () => undefined, headers: shared }
  const { headers, answer } = answerWith({
    'content-security-policy': "default-src 'self'",
    'access-control-allow-origin': '*',
    vary: 'Accept',
  })
  createEdge({ cors, headers: { 'Content-Security-Policy': 'x', 'X-Own': 'y' } })?.dress(request, answer)
  assert.equal(headers.get('content-security-policy'), "default-src 'self'")
  assert.equal(headers.get('x-own'), 'y')
  assert.equal(headers.get('access-control-allow-origin'), APP)
  assert.equal(headers.get('vary'), 'Accept, Origin')
})

test('nothing asked for is nothing to do, and headers alone answer no preflight', () => {
  assert.equal(createEdge({}), undefined)
  assert.equal(createEdge({ headers: {} })?.preflight(request), undefined)
})

test('a field is named whole, in any case, and once', () => {
  assert.equal(withFields('accept, ORIGIN', 'Origin'), 'accept, ORIGIN')
  assert.equal(withFields('X-Origin', 'Origin, Accept'), 'X-Origin, Origin, Accept')
  for (const none of [undefined, '', ' ,']) assert.equal(withFields(none, 'Origin'), 'Origin')
})
