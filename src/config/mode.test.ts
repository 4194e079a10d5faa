import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopback, modeOf } from './mode.ts'

const LOCAL = 'http://127.0.0.1:8000'

test('loopback is what never leaves the machine', () => {
  for (const host of [
    '127.0.0.1',
    '127.1.2.3',
    '127.255.255.255',
    'localhost',
    'LOCALHOST',
    'app.localhost',
    '::1',
  ]) {
    assert.ok(isLoopback(host), host)
  }
  const others = [
    '',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    '127.0.0.256',
    '127.0.0',
    '1127.0.0.1',
    '127.0.0.1.evil.test',
  ]
  for (const host of [
    ...others,
    'localhost.evil.test',
    'notlocalhost',
    'localhost.',
    '::2',
    '[::]',
    '127.0.0.1 ',
    '2130706433',
  ]) {
    assert.ok(!isLoopback(host), host)
  }
})

test('development is a loopback host and a loopback issuer, and nothing said against it', () => {
  for (const issuer of [LOCAL, 'http://localhost:3000', 'https://localhost', 'http://[::1]:8000']) {
    assert.equal(modeOf('127.0.0.1', issuer, undefined), 'development', issuer)
  }
  assert.equal(modeOf('::1', LOCAL, 'development'), 'development')
  assert.equal(modeOf('localhost', LOCAL, 'test'), 'development')
})

test('everything else is production', () => {
  assert.equal(modeOf('0.0.0.0', LOCAL, undefined), 'production')
  assert.equal(modeOf('127.0.0.1', 'https://auth.example.com', undefined), 'production')
  assert.equal(modeOf('127.0.0.1', 'http://localhost.evil.test', undefined), 'production')
  assert.equal(modeOf('127.0.0.1', 'http://127.0.0.1@evil.test', undefined), 'production')
  assert.equal(modeOf('127.0.0.1', 'not a URL', undefined), 'production')
  for (const nodeEnv of ['production', 'PRODUCTION', ' production ']) {
    assert.equal(modeOf('127.0.0.1', LOCAL, nodeEnv), 'production', nodeEnv)
  }
})
