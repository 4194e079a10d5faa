import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
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
