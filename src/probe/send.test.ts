import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { test } from 'node:test'
import { createSender } from './send.ts'

test('what cannot go over the wire is no answer, and ends nothing', async (t) => {
  const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const sender = createSender(base, { rate: 1000, timeoutMilliseconds: 60_000 })
  t.after(() => {
    sender.close()
    server.close()
  })
  for (const sent of [
    { method: 'GET', path: '/a b' },
    { method: 'GET', path: '/é\n' },
    { method: 'POST', path: '/', headers: { 'content-type': 'a\nb' }, body: '{}' },
  ])
    assert.equal((await sender.send(sent)).status, 0)
  assert.equal((await sender.send({ method: 'GET', path: '/' })).body, 'here')
})

test('an answer in another protocol is an answer', async (t) => {
  const server = createTcpServer((socket) =>
    socket
      .on('error', () => undefined)
      .once('data', (asked) => {
        const switches = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'
        socket.write(asked.toString().startsWith('CONNECT') ? 'HTTP/1.1 200 OK\r\n\r\n' : switches)
      }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const sender = createSender(base, { rate: 1000, timeoutMilliseconds: 60_000 })
  t.after(() => {
    sender.close()
    server.close()
  })
  assert.equal((await sender.send({ method: 'GET', path: '/' })).status, 101)
  assert.equal((await sender.send({ method: 'CONNECT', path: '/' })).status, 200)
})
