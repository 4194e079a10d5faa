import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardRequestOf, RawGuardRequest } from './guard-request.ts'

test('F-9: a header that came twice shows as both values, in whatever case', () => {
  const rawHeaders = ['Host', 'x', 'Authorization', 'Bearer a', 'AUTHORIZATION', 'Bearer b', 'X-Api-Key', 'k']
  const request = new RawGuardRequest({ method: 'POST', url: '/a?b', rawHeaders })
  assert.equal(request.header('authorization'), 'Bearer a, Bearer b')
  assert.equal(request.header('x-api-key'), 'k')
  assert.equal(request.header('cookie'), undefined)
  assert.equal(request.method, 'POST')
  assert.equal(request.target, '/a?b')
  assert.equal(request.address, undefined)
})

test('F-9: a header is found by its whole name', () => {
  const rawHeaders = ['X-Abc-Key', 'a', 'X-Api-Ke', 'b', 'X-Api-Keys', 'c', 'Y-Api-Key', 'd']
  assert.equal(new RawGuardRequest({ rawHeaders }).header('x-api-key'), undefined)
  assert.equal(
    new RawGuardRequest({ rawHeaders: [...rawHeaders, 'x-api-KEY', 'e'] }).header('x-api-key'),
    'e',
  )
  const web = guardRequestOf(new Request('http://a/', { headers: { 'X-Api-Key': 'k' } }), { address: '::1' })
  assert.deepEqual([web.header('x-api-key'), web.header('cookie'), web.address], ['k', undefined, '::1'])
})

test('cookies that came one by one are one header (RFC 9113 section 8.2.3)', () => {
  const request = new RawGuardRequest({
    rawHeaders: ['cookie', 'a=1', 'cookie', 'b=2; c=3', 'Cookie', 'a=4'],
  })
  assert.equal(request.header('cookie'), 'a=1; b=2; c=3; a=4')
})

test('the target of a web request is its path and query', () => {
  for (const [url, target] of [
    ['http://a', '/'],
    ['http://a/b?c=d', '/b?c=d'],
    ['https://a:1//b', '//b'],
  ] as const) {
    assert.equal(guardRequestOf(new Request(url)).target, target)
  }
})
