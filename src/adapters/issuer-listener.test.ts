import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Reply } from '../http/reply.ts'
import { issuerListener } from './issuer-listener.ts'

let reply: Reply
const listener = issuerListener({ reply: async () => reply })
const server = createServer((request, response) => {
  listener(request, response, { path: request.url ?? '/', address: undefined })
})
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
after(() => {
  server.closeAllConnections()
  server.close()
})
const ask = (method = 'GET') =>
  fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { method })

test('a text is sent with its length in bytes', async () => {
  reply = { status: 201, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'größer' }
  const answer = await ask('POST')
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.get('content-length'), '8')
  assert.equal(await answer.text(), 'größer')
})

test('what has no body is sent without one', async () => {
  for (const [method, status] of [
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ] as const) {
    reply = { status, headers: { etag: '"a"' }, body: null }
    const answer = await ask(method)
    assert.deepEqual([answer.status, answer.headers.get('etag'), await answer.text()], [status, '"a"', ''])
  }
})

test('a stream is sent as it comes', async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  reply = { status: 200, headers: { 'content-type': 'text/event-stream' }, body: readable }
  const writer = writable.getWriter()
  const answer = await ask()
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  for (const text of ['one', 'two']) {
    void writer.write(new TextEncoder().encode(text))
    assert.equal((await reader?.read())?.value, text)
  }
  await writer.close()
  assert.equal((await reader?.read())?.done, true)
})

test('a header that could not be sent is answered by 500, not by silence', async () => {
  reply = { status: 200, headers: { 'x-name': 'a\r\nb' }, body: 'text' }
  assert.equal((await ask()).status, 500)
})

test('a stream that nobody reads any more is ended', async () => {
  const ended = new Promise<void>((resolve) => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('one')),
      cancel: () => resolve(),
    })
    reply = { status: 200, headers: { 'content-type': 'text/event-stream' }, body }
  })
  const answer = await ask()
  const reader = answer.body?.getReader()
  assert.equal((await reader?.read())?.value?.length, 3)
  await reader?.cancel()
  await ended
})

test('cookies are sent each by itself', async () => {
  reply = { status: 204, headers: {}, body: null, cookies: ['a=1; Path=/', 'b=2'] }
  assert.deepEqual((await ask()).headers.getSetCookie(), ['a=1; Path=/', 'b=2'])
})
