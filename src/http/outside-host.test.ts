import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outsideHost } from './outside-host.ts'

const outside = (url: string, headers: Record<string, string> = {}) =>
  outsideHost(new Request(url, { headers }))

test('a request from this machine shows nothing', () => {
  for (const host of ['localhost', '127.0.0.1:8000', '127.8.8.8', '[::1]:3000', 'app.localhost']) {
    assert.equal(outside(`http://${host}/token`), undefined, host)
    assert.equal(outside('http://localhost/', { 'x-forwarded-host': host }), undefined, host)
    assert.equal(outside('http://localhost/', { forwarded: `for=192.0.2.1;host="${host}"` }), undefined, host)
  }
})

test('a host of another name, also as a proxy wrote it down, shows that others can reach this', () => {
  assert.equal(outside('http://auth.example.com/token'), 'auth.example.com')
  assert.equal(outside('http://192.168.1.5:8000/token'), '192.168.1.5')
  for (const host of ['localhost.example.com', '127.0.0.1.nip.io', '0.0.0.0']) {
    assert.equal(outside(`http://${host}/`), `${host}`)
  }
  const local = 'http://127.0.0.1:8000/token'
  assert.equal(outside(local, { host: 'auth.example.com:8000' }), 'auth.example.com')
  assert.equal(outside(local, { host: 'LOCALHOST:8000' }), undefined)
  assert.equal(outside(local, { 'x-forwarded-host': 'auth.example.com' }), 'auth.example.com')
  assert.equal(outside(local, { 'x-forwarded-host': 'localhost, auth.example.com:443' }), 'auth.example.com')
  assert.equal(
    outside(local, { forwarded: 'for=192.0.2.1;host="auth.example.com:443";proto=https' }),
    'auth.example.com',
  )
  assert.equal(outside(local, { 'x-forwarded-host': '<script>' }), '?script?')
})
