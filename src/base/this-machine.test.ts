import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isThisMachine } from './this-machine.ts'

test('this machine is localhost and the loopback addresses, and no name that begins or ends like one', () => {
  for (const host of [
    'localhost',
    'LOCALHOST',
    '127.0.0.1',
    '127.1.2.3',
    '127.255.255.255',
    '::1',
    '[::1]',
  ]) {
    assert.ok(isThisMachine(host), host)
  }
  const others = [
    ...['127.example.com', '127.0.0.1.example.com', '127.0.0.256', '127.0.0', '1127.0.0.1', '128.0.0.1'],
    ...['localhost.example.com', 'notlocalhost', 'localhost.', 'app.localhost', '0.0.0.0', '10.0.0.1'],
    ...['', '::', '::2', '[::]', '127.0.0.1 ', '127.0.0.1\n', '2130706433'],
  ]
  for (const host of others) assert.ok(!isThisMachine(host), JSON.stringify(host))
})
