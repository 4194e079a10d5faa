import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientAddresses } from './client-address.ts'

const connection = '10.0.0.5'

test('E11: without a trusted proxy the connection counts, whatever the headers say', () => {
  const { clientOf } = clientAddresses(0)
  for (const forged of ['1.2.3.4', '1.2.3.4, 5.6.7.8', '', 'unknown', '127.0.0.1', '::1']) {
    assert.equal(clientOf(connection, forged), connection, forged)
  }
})

test('E11: behind a count of proxies the address is counted from the right', () => {
  const table: readonly (readonly [number, string, string])[] = [
    [1, '198.51.100.1', '198.51.100.1'],
    [1, '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    [1, '1.1.1.1,2.2.2.2 ,\t198.51.100.1', '198.51.100.1'],
    [2, '1.1.1.1, 198.51.100.1, 10.0.0.9', '198.51.100.1'],
    [1, '198.51.100.1:4711', '198.51.100.1'],
    [1, '[2001:db8::1]:4711', '2001:db8::1'],
    [1, '2001:db8::1', '2001:db8::1'],
  ]
  for (const [count, header, client] of table) {
    assert.equal(clientAddresses(count).clientOf(connection, header), client, header)
  }
})

test('E11: behind proxies named by address nobody else is believed', () => {
  const { clientOf } = clientAddresses(['10.0.0.0/8', '2001:db8:ff::/48', '203.0.113.7'])
  assert.equal(clientOf('198.51.100.9', '1.1.1.1'), '198.51.100.9', 'it came past the proxy')
  assert.equal(clientOf('10.0.0.5', '1.1.1.1, 198.51.100.1'), '198.51.100.1')
  assert.equal(clientOf('10.0.0.5', '1.1.1.1, 198.51.100.1, 203.0.113.7, 10.9.9.9'), '198.51.100.1')
  assert.equal(clientOf('::ffff:10.0.0.5', '198.51.100.1'), '198.51.100.1')
  assert.equal(clientOf('2001:db8:ff::1', '198.51.100.1'), '198.51.100.1')
  assert.equal(clientOf('10.0.0.5', '10.0.0.6'), '10.0.0.6', 'all of them are proxies: the first one')
})

test('E11: what is no address is not believed, and neither is what stands before it', () => {
  const spoofed = [
    ...['unknown', '_hidden', '', ' ', 'localhost', '1.2.3', '1.2.3.4.5', '999.1.1.1', '0x7f.1', '1.2.3.4/8'],
    ...[
      '1.2.3.4;',
      '"1.2.3.4"',
      'for=1.2.3.4',
      '[::1',
      '::1]',
      '1.2.3.4 5.6.7.8',
      '1.2.3.4\n',
      'null',
      '٣.1.1.1',
    ],
  ]
  for (const last of spoofed) {
    if (last.trim() === '1.2.3.4') continue
    assert.equal(clientAddresses(1).clientOf(connection, `9.9.9.9, ${last}`), connection, last)
    assert.equal(clientAddresses(['10.0.0.0/8']).clientOf(connection, `9.9.9.9, ${last}`), connection, last)
  }
  assert.equal(clientAddresses(3).clientOf(connection, 'junk, 198.51.100.1'), '198.51.100.1')
})

test('a proxy that nobody has told us about shows itself', () => {
  const { isProxyUnknown } = clientAddresses(0)
  for (const nearby of [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '::1',
    'fd00::1',
    '::ffff:10.0.0.1',
  ]) {
    assert.equal(isProxyUnknown(nearby, '198.51.100.1'), true, nearby)
    assert.equal(isProxyUnknown(nearby, undefined), false, nearby)
    assert.equal(clientAddresses(1).isProxyUnknown(nearby, '198.51.100.1'), false, nearby)
  }
  for (const stranger of ['198.51.100.9', '172.32.0.1', '2001:db8::1', undefined]) {
    assert.equal(isProxyUnknown(stranger, '198.51.100.1'), false, `${stranger} may write what it likes`)
  }
})
