import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../errors/refusal.ts'
import { forwardedRequest } from './forwarded-request.ts'

function asking(method: string, headers: Readonly<Record<string, string>>) {
  return {
    method,
    target: '/forward-auth',
    params: {},
    address: '192.0.2.1',
    header: (name: string) => headers[name],
  }
}

/** Method, target and whether the method is known; or what was refused. */
function seen(method: string, headers: Readonly<Record<string, string>>, isFromProxy = true): unknown {
  const request = forwardedRequest(asking(method, headers), isFromProxy)
  return request instanceof Refusal ? request.code : [request.method, request.target, request.isMethodKnown]
}

test('a trusted proxy names method and address, and where it says no more a GET may be a POST', () => {
  const named = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/orders?a=b' }
  assert.deepEqual(seen('GET', named), ['GET', '/orders?a=b', true])
  assert.deepEqual(seen('HEAD', { ...named, 'x-forwarded-method': 'M-SEARCH' }), [
    'M-SEARCH',
    '/orders?a=b',
    true,
  ])
  assert.deepEqual(seen('GET', {}), ['POST', '/forward-auth', false])
  assert.deepEqual(seen('HEAD', {}), ['POST', '/forward-auth', false])
  assert.deepEqual(seen('DELETE', {}), ['DELETE', '/forward-auth', true])
})

test('what nobody trusted has written is not believed, nor looked at', () => {
  assert.deepEqual(seen('DELETE', { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/' }, false), [
    'DELETE',
    '/forward-auth',
    true,
  ])
  assert.deepEqual(seen('GET', { 'x-forwarded-method': 'no method' }, false), [
    'POST',
    '/forward-auth',
    false,
  ])
})

test('what came twice, or is neither a method nor an address, is refused', () => {
  for (const method of ['', 'get', 'GET, POST', 'GET POST', '-GET', 'G3T', 'A'.repeat(21)]) {
    assert.equal(seen('GET', { 'x-forwarded-method': method }), 'REQUEST_INVALID', method)
  }
  for (const uri of ['', 'orders', 'http://x/orders', '/a, /b', '/a b']) {
    assert.equal(seen('GET', { 'x-forwarded-uri': uri }), 'REQUEST_INVALID', uri)
  }
})

test('a proxy keeps `Upgrade` to itself, and hands on what belongs to it', () => {
  const upgradeOf = (headers: Readonly<Record<string, string>>) => {
    const request = forwardedRequest(asking('GET', headers), true)
    return request instanceof Refusal ? request.code : request.header('upgrade')
  }
  assert.equal(upgradeOf({ 'sec-websocket-version': '13' }), 'websocket')
  assert.equal(upgradeOf({ 'sec-websocket-version': '13', upgrade: 'h2c' }), 'h2c')
  assert.equal(upgradeOf({ upgrade: 'websocket' }), 'websocket')
  assert.equal(upgradeOf({}), undefined)
})
