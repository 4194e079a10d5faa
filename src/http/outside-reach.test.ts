import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outsideReach } from './outside-reach.ts'

const reach = (url: string, headers: Record<string, string> = {}, address?: string) =>
  outsideReach(new Request(url, { headers }), address)

test('a request from this machine, or through the published port of a container, shows nothing', () => {
  for (const host of ['localhost', '127.0.0.1:8000', '127.8.8.8', '[::1]:3000', 'app.localhost']) {
    for (const address of [
      undefined,
      '127.0.0.1',
      '::1',
      '::ffff:127.0.0.1',
      '172.17.0.1',
      'fe80::1%eth0',
      'fd00::9',
    ]) {
      assert.equal(reach(`http://${host}/token`, { 'x-forwarded-host': host }, address), undefined, host)
    }
  }
})

test('a host of another name, also as a proxy wrote it down, shows that others can reach this', () => {
  assert.equal(reach('http://auth.example.com/token'), 'host auth.example.com')
  assert.equal(reach('http://192.168.1.5:8000/token'), 'host 192.168.1.5')
  for (const host of ['localhost.example.com', '127.0.0.1.nip.io', '0.0.0.0']) {
    assert.equal(reach(`http://${host}/`), `host ${host}`)
  }
  const local = 'http://127.0.0.1:8000/token'
  assert.equal(reach(local, { 'x-forwarded-host': 'auth.example.com' }), 'host auth.example.com')
  assert.equal(
    reach(local, { 'x-forwarded-host': 'localhost, auth.example.com:443' }),
    'host auth.example.com',
  )
  assert.equal(
    reach(local, { forwarded: 'for=192.0.2.1;host="auth.example.com:443";proto=https' }),
    'host auth.example.com',
  )
  assert.equal(reach(local, { 'x-forwarded-host': '<script>' }), 'host ?script?')
})

test('a public address shows it whatever host the client wrote', () => {
  for (const address of ['203.0.113.9', '::ffff:203.0.113.9', '2001:db8::1', '172.32.0.1', '100.128.0.1']) {
    assert.equal(reach('http://localhost:8000/token', {}, address), `address ${address}`)
  }
})
