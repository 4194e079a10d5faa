import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createConnection } from 'node:net'
import { Duplex } from 'node:stream'
import { after, before, test } from 'node:test'
import { WebSocket } from 'ws'
import { silentLogger } from '../../src/base/logger.ts'
import { type Serving, serve } from '../../src/server/serve.ts'
import { canChooseUpgrades, createSessionSockets } from '../../src/server/session-socket.ts'
import { claimsOf, startIssuer, type TestIssuer } from './issuer.ts'

const APP = 'https://app.example.com'

let issuer: TestIssuer
let serving: Serving
before(async () => {
  issuer = await startIssuer({ corsOrigins: [APP] })
  serving = await serve({ auth: issuer.auth, host: '127.0.0.1', port: 0, logger: silentLogger })
})
after(() => serving.stop())

const skip = canChooseUpgrades() ? false : `Node ${process.versions.node} cannot choose what is upgraded`

async function buy(token: string, headers: Record<string, string> = {}): Promise<string> {
  const { status, body, text } = await issuer.call('POST', '/ws-ticket', { token, headers })
  assert.equal(status, 200, text)
  return String(body.ticket)
}

/** The open socket and what it was told, or the status that it was refused with. */
async function open(ticket: string, origin?: string) {
  const address = `ws://127.0.0.1:${serving.address.port}/ws?ticket=${ticket}`
  const socket = new WebSocket(address, { ...(origin !== undefined && { origin }) })
  return new Promise<{ socket: WebSocket; told: Record<string, unknown> } | number>((resolve, reject) => {
    socket.once('message', (data) => resolve({ socket, told: JSON.parse(String(data)) }))
    socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode ?? 0))
    socket.once('error', reject)
  })
}

async function opened(ticket: string, origin?: string) {
  const answer = await open(ticket, origin)
  assert.ok(typeof answer === 'object', `refused with ${answer}`)
  return answer
}

const codeOf = async (socket: WebSocket): Promise<number> => Number((await once(socket, 'close'))[0])

test('F-6: /ws says who was let in, and is closed with 1008 when that ends', { skip }, async () => {
  const alice = await issuer.signUp('alice')
  const { sub, scope, exp } = claimsOf(alice.access)
  const { socket, told } = await opened(await buy(alice.access))
  assert.deepEqual(told, { sub, scope, exp })
  const closed = codeOf(socket)
  socket.send('what it is sent is dropped')
  await issuer.call('POST', '/logout', { token: alice.access })
  assert.equal(await closed, 1008)
})

test('F-6: a ticket opens /ws once, from the page that it was bought for, and nothing else opens it', {
  skip,
}, async () => {
  const { access } = await issuer.signUp('bob')
  const ticket = await buy(access)
  const { socket } = await opened(ticket)
  assert.equal(await open(ticket), 401)
  assert.equal(await open('cs_ticket_s1.none'), 401)
  assert.equal(await open(access), 401)
  assert.equal(await open(await buy(access, { origin: APP }), 'https://elsewhere.example.com'), 403)
  const page = await opened(await buy(access, { origin: APP }), APP)
  for (const one of [socket, page.socket]) one.close()
})

test('F-6: more than 64 KiB closes it, and one account has 50 at most', { skip }, async () => {
  const { access } = await issuer.signUp('carol')
  const sockets = await Promise.all(
    Array.from({ length: 50 }, async () => (await opened(await buy(access))).socket),
  )
  assert.equal(await open(await buy(access)), 429)
  const [first, ...others] = sockets
  assert.ok(first)
  const closed = codeOf(first)
  first.send('x'.repeat(64 * 1024 + 1))
  assert.equal(await closed, 1009)
  const { socket } = await opened(await buy(access))
  for (const one of [socket, ...others]) one.close()
})

test('what asks for another protocol is answered as ever, on /ws and elsewhere', async () => {
  for (const [path, headers, status] of [
    ['/healthz', { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' }, 200],
    ['/healthz', { connection: 'Upgrade', upgrade: 'websocket' }, 200],
    ['/ws', { connection: 'Upgrade', upgrade: 'h2c' }, 404],
    ['/ws', {}, 404],
    ['/ws/more', { connection: 'Upgrade', upgrade: 'websocket' }, 404],
  ] as const) {
    const asked = request({ port: serving.address.port, path, headers }).end()
    const [response] = await once(asked, 'response')
    assert.equal(response.statusCode, status, `${path} ${JSON.stringify(headers)}`)
    response.resume()
  }
})

test('a socket whose owner went in the middle of the handshake takes nothing with it', { skip }, async () => {
  const { access } = await issuer.signUp('dora')
  const ticket = await buy(access)
  const connection = createConnection(serving.address.port, '127.0.0.1')
  connection.on('error', () => undefined)
  connection.write(
    `GET /ws?ticket=${ticket} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  )
  connection.resetAndDestroy()
  const { socket } = await opened(await buy(access))
  socket.close()
})

/** A connection of which nothing is read, and what it is told. */
function connectionOf() {
  const told: string[] = []
  const connection = new Duplex({
    read: () => undefined,
    write(chunk, _encoding, done) {
      told.push(String(chunk))
      done()
    },
  })
  return { connection, told, closed: once(connection, 'close') }
}

const asksForSocket = {
  upgrade: true,
  method: 'GET',
  url: '/ws',
  rawHeaders: [],
  headers: {},
} as unknown as IncomingMessage

test('F-6: who is refused and does not hang up is cut off', async () => {
  const { open } = createSessionSockets({ auth: issuer.auth, logger: silentLogger })
  const { connection, told, closed } = connectionOf()
  await open(asksForSocket, connection, Buffer.alloc(0))
  await closed
  assert.match(told.join(''), /^HTTP\/1\.1 401 /)
})

test('F-6: who breaks off in the middle of the handshake is none of the 50 of an account', async () => {
  let accept: () => Promise<void> = async () => undefined
  const sockets = {
    async accept() {
      await accept()
      return { ok: true, principal: { id: 'finn', scopes: [] }, hold: () => undefined }
    },
  }
  const auth = { ...issuer.auth, sockets } as unknown as typeof issuer.auth
  const { open } = createSessionSockets({ auth, logger: silentLogger })
  const openOne = async (leaves: boolean) => {
    const { connection, told, closed } = connectionOf()
    accept = async () => {
      if (!leaves) return
      connection.destroy()
      await closed
    }
    await open(asksForSocket, connection, Buffer.alloc(0))
    await closed
    return told.join('')
  }
  for (let count = 0; count < 51; count++) assert.equal(await openOne(true), '')
  // Not 429: it is only that this request carries no key of a handshake.
  assert.match(await openOne(false), /^HTTP\/1\.1 400 /)
})

test('G-13: a stop closes each with 1001, and waits for none', { skip }, async () => {
  const other = await startIssuer()
  const its = await serve({ auth: other.auth, host: '127.0.0.1', port: 0, logger: silentLogger })
  const { access } = await other.signUp('erin')
  const { body } = await other.call('POST', '/ws-ticket', { token: access })
  const socket = new WebSocket(`ws://127.0.0.1:${its.address.port}/ws?ticket=${String(body.ticket)}`)
  await once(socket, 'message')
  const closed = codeOf(socket)
  await its.stop()
  assert.equal(await closed, 1001)
})

test('which versions of Node can be told what to upgrade', () => {
  for (const [version, can] of [
    ['22.18.0', false],
    ['22.21.1', true],
    ['23.11.0', false],
    ['24.8.0', false],
    ['24.9.0', true],
    ['25.0.0', true],
  ] as const) {
    assert.equal(canChooseUpgrades(version), can, version)
  }
})
