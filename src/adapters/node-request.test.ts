import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import type { Reply } from '../http/reply.ts'
import type { HttpRequest } from '../model/http-request.ts'
import { issuerListener } from './issuer-listener.ts'

/** What the issuer does with a request; by default it answers without having read the body. */
let work: (request: HttpRequest) => Promise<string>
const idle = async () => 'nothing read'
const listener = issuerListener({
  async reply(request): Promise<Reply> {
    const body = await work(request).catch((error: Error) => `failed: ${error.message}`)
    return { status: 200, headers: { 'content-type': 'text/plain' }, body }
  },
})
let given: Buffer | undefined
const server = createServer((request, response) => {
  listener(request, response, { path: request.url?.split('?')[0] ?? '', address: undefined, body: given })
})
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
after(() => {
  server.closeAllConnections()
  server.close()
})

interface Connection {
  readonly socket: Socket
  send(text: string): void
  /** All that has come, once this is in it. */
  until(part: string): Promise<string>
}

function open(): Connection {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.setEncoding('latin1')
  let text = ''
  socket.on('data', (piece: string) => {
    text += piece
  })
  // Who is cut off while they send may be told so.
  socket.on('error', () => undefined)
  return {
    socket,
    send: (part) => void socket.write(part, 'latin1'),
    async until(part) {
      while (!text.includes(part)) await once(socket, 'data')
      return text
    },
  }
}

const post = (target: string, fields: string, body = '') =>
  `POST ${target} HTTP/1.1\r\nHost: api.example.com\r\n${fields}\r\n\r\n${body}`

const textOf = async (request: HttpRequest) => Buffer.from(await request.bytes()).toString()

async function piecesOf({ body }: HttpRequest): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of body ?? []) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

test('a body is read whole or piece by piece, also one that something before us has read', async () => {
  for (const read of [textOf, piecesOf]) {
    work = read
    const connection = open()
    connection.send(post('/a', 'Content-Length: 10', 'first'))
    setImmediate(() => connection.send(' half'))
    await connection.until('first half')
    connection.send(post('/a', 'Transfer-Encoding: chunked', '6\r\nchunk \r\n3\r\ntwo\r\n0\r\n\r\n'))
    await connection.until('chunk two')
    connection.send(post('/a', 'Content-Length: 0'))
    await connection.until('content-length: 0')
    given = Buffer.from('read before')
    connection.send(post('/a', 'Content-Length: 0'))
    await connection.until('read before')
    given = undefined
    connection.socket.destroy()
  }
})

test('a body that breaks off is no body, whether it is being read by then or not yet', async () => {
  for (const read of [textOf, piecesOf]) {
    for (const isReadLate of [false, true]) {
      const connection = open()
      const outcome = new Promise<string>((resolve) => {
        work = async (request) => {
          const { signal } = request
          connection.socket.destroy()
          if (isReadLate) await once(signal, 'abort')
          const text = await read(request).catch(() => 'broke off')
          resolve(text)
          return text
        }
      })
      connection.send(post('/a', 'Content-Length: 10', 'half'))
      assert.equal(await outcome, 'broke off')
    }
  }
})

test('what was said whole is heard, also from who has hung up before it is read', async () => {
  const connection = open()
  const heard = new Promise<string>((resolve) => {
    work = async (request) => {
      const { signal } = request
      connection.socket.destroy()
      await once(signal, 'abort')
      const text = await textOf(request)
      resolve(text)
      return text
    }
  })
  connection.send(post('/a', 'Content-Length: 8', 'sign out'))
  assert.equal(await heard, 'sign out')
})

test('a body that something before us has read without a trace is none, and nobody waits for it', async () => {
  work = textOf
  const before = createServer((request, response) => {
    request.resume().once('end', () => {
      listener(request, response, { path: '/a', address: undefined })
    })
  })
  await new Promise<void>((resolve) => before.listen(0, '127.0.0.1', resolve))
  const { port } = before.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/a`, { method: 'POST', body: 'gone' })
  assert.match(await answer.text(), /^failed: /)
  before.closeAllConnections()
  before.close()
})

test('who stops reading in between can still answer, on a connection that goes on', async () => {
  work = async ({ body }) => {
    for await (const piece of body ?? []) return `only ${piece.length}`
    return 'nothing'
  }
  const connection = open()
  connection.send(post('/a', 'Transfer-Encoding: chunked', '4\r\nsome\r\n'))
  await connection.until('only 4')
  connection.send('4\r\nmore\r\n0\r\n\r\n')
  work = async () => 'and another'
  connection.send(post('/a', 'Content-Length: 0'))
  await connection.until('and another')
  connection.socket.destroy()
})

test('a body that nobody wants is skipped, and who goes on sending it after the answer is cut off', async () => {
  work = idle
  const connection = open()
  connection.send(post('/a', 'Content-Length: 5', 'skip!'))
  connection.send(post('/a', 'Content-Length: 1000000', 'x'))
  await connection.until('nothing read')
  const closed = new Promise<void>((resolve) => connection.socket.once('close', () => resolve()))
  const timer = setInterval(() => connection.send('x'), 20)
  // Whether they are told by a reset depends on what was still on its way.
  await closed
  clearInterval(timer)
})

test('a path is taken as it came, and an absolute address for what it says', async () => {
  work = async ({ method, url }) => `${method} ${url} `
  for (const [target, url] of [
    ['/token?a=%62&a', 'http://localhost/token?a=%62&a'],
    ['//token', 'http://localhost//token'],
    ['/a/../token', 'http://localhost/a/../token'],
    ['/a\\..\\token', 'http://localhost/a\\..\\token'],
    ['/%2e%2e/token', 'http://localhost/%2e%2e/token'],
    ['http://other.example/token?b', 'http://other.example/token?b'],
  ] as const) {
    const connection = open()
    connection.send(post(target, 'Content-Length: 0'))
    await connection.until(`POST ${url} `)
    connection.socket.destroy()
  }
  const connection = open()
  connection.send('OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n')
  await connection.until('HTTP/1.1 400 ')
  connection.socket.destroy()
})

test('a header that came twice is both, one that did not come is none', async () => {
  work = async ({ headers }) =>
    JSON.stringify([headers.get('x-a'), headers.get('cookie'), headers.get('x-b'), headers.has('x-b')])
  const connection = open()
  connection.send(post('/', 'X-A: 1\r\nx-a: 2\r\nCookie: a=1\r\nCOOKIE: b=2\r\nContent-Length: 0'))
  await connection.until('["1, 2","a=1; b=2",null,false]')
  connection.socket.destroy()
})

test('who is gone is told of by the signal, also where it is asked for only then', async () => {
  for (const isAskedLate of [false, true]) {
    const connection = open()
    const told = new Promise<boolean>((resolve) => {
      work = async (request) => {
        if (!isAskedLate) assert.equal(request.signal.aborted, false)
        connection.socket.destroy()
        await piecesOf(request).catch(() => undefined)
        if (!request.signal.aborted) await once(request.signal, 'abort')
        resolve(request.signal.aborted)
        return ''
      }
    })
    connection.send(post('/', 'Content-Length: 5', 'x'))
    assert.equal(await told, true)
  }
})
