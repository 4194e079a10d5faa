import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'
import { createAuth } from '../../src/index.ts'
import { handClock, ISSUER, PASSWORD, SECRET_KEY, startIssuer, type TestIssuer } from './issuer.ts'

const APP = 'https://app.example.com'
const BROWSER = { origin: ISSUER, 'sec-fetch-site': 'same-origin' }

let issuer: TestIssuer
let address: string
let close: () => Promise<void>
before(async () => {
  issuer = await startIssuer({ corsOrigins: [APP] })
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 })
  const server = createServer()
  server.on('upgrade', async (request: IncomingMessage, socket, head) => {
    const accepted = await issuer.auth.sockets.accept(request)
    if (!accepted.ok) {
      socket.end(`HTTP/1.1 ${accepted.response.status} Refused\r\nConnection: close\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      accepted.hold(opened)
      opened.send(JSON.stringify(accepted.principal))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`
  close = async () => {
    for (const client of sockets.clients) client.terminate()
    sockets.close()
    server.close()
    await issuer.close()
  }
})
after(() => close())

async function buy(access: string, headers: Record<string, string> = {}): Promise<string> {
  const { status, body, text } = await issuer.call('POST', '/ws-ticket', { token: access, headers })
  assert.equal(status, 200, text)
  assert.equal(body.expires_in, 30)
  return String(body.ticket)
}

/** The open socket and its greeting, or the status that it was refused with. */
async function open(
  query: string,
  origin?: string,
): Promise<{ socket: WebSocket; greeting: Record<string, unknown> } | number> {
  const socket = new WebSocket(`${address}${query}`, { ...(origin !== undefined && { origin }) })
  return new Promise((resolve, reject) => {
    socket.once('message', (data) => resolve({ socket, greeting: JSON.parse(String(data)) }))
    socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode ?? 0))
    socket.once('error', reject)
  })
}

async function opened(ticket: string, origin?: string) {
  const result = await open(`?ticket=${ticket}`, origin)
  assert.ok(typeof result === 'object', `refused with ${String(result)}`)
  return result
}

test('F-6: a ticket opens one socket, as whoever bought it', async () => {
  const { access } = await issuer.signUp('alice')
  const ticket = await buy(access)
  assert.match(ticket, /^cs_ticket_s1\.[0-9a-f]{8}\.[\w-]+$/)
  const { socket, greeting } = await opened(ticket)
  const me = (await issuer.me(access)).body
  assert.equal(greeting.id, me.id)
  assert.equal(greeting.via, 'ws-ticket')
  assert.deepEqual(greeting.scopes, ['profile:read'])
  assert.equal(await open(`?ticket=${ticket}`), 401, 'used before')
  socket.close()
})

test('F-6: of 200 who present one ticket at once exactly one is accepted', async () => {
  const { access } = await issuer.signUp('bert')
  const ticket = await buy(access)
  const uses = Array.from({ length: 200 }, () =>
    issuer.auth.sockets.accept(new Request(`${ISSUER}/ws?ticket=${ticket}`)),
  )
  const won = (await Promise.all(uses)).filter(({ ok }) => ok)
  assert.equal(won.length, 1)
})

test('F-6: a ticket is good from the origin it was bought from, and from no other', async () => {
  const { access } = await issuer.signUp('cleo')
  for (const [bought, used] of [
    [APP, undefined],
    [APP, ISSUER],
    [APP, 'null'],
    [APP, 'https://evil.example'],
    [undefined, APP],
    [undefined, 'null'],
  ] as const) {
    const ticket = await buy(access, bought === undefined ? {} : { origin: bought })
    assert.equal(await open(`?ticket=${ticket}`, used), 403, `${bought} ${used}`)
    const { socket } = await opened(ticket, bought)
    socket.close()
  }
  const foreign = { origin: 'https://evil.example' }
  assert.equal((await issuer.call('POST', '/ws-ticket', { token: access, headers: foreign })).status, 403)
})

test('F-6: what is no ticket opens nothing', async () => {
  const { access, refresh } = await issuer.signUp('dora')
  const ticket = await buy(access)
  const other = await startIssuer({ secretKey: SECRET_KEY, issuer: 'http://127.0.0.1:9000' })
  const stranger = await other.signUp('dora')
  const theirs = await other.call('POST', '/ws-ticket', { token: stranger.access })
  for (const text of [
    '',
    'x',
    access,
    refresh,
    'cs_ticket_',
    ticket.slice(0, -1),
    ticket.slice(1),
    `${ticket}A`,
    ticket.toUpperCase(),
    ticket.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    `${ticket}&ticket=${ticket}`,
    String(theirs.body.ticket),
  ]) {
    const accepted = await issuer.auth.sockets.accept(new Request(`${ISSUER}/ws?ticket=${text}`))
    assert.equal(accepted.ok, false, text.slice(0, 20))
    if (!accepted.ok)
      assert.ok([401, 503].includes(accepted.response.status), String(accepted.response.status))
  }
  assert.equal(await open(''), 401)
  assert.equal(await open(`?access_token=${access}`), 401)
  const { socket } = await opened(ticket)
  socket.close()
  await other.close()
})

test('F-6: a ticket dies with its session before it is used, and a socket within five seconds', async () => {
  const signedIn = await issuer.signUp('ella')
  const ticket = await buy(signedIn.access)
  const { socket } = await opened(await buy(signedIn.access))
  const ended = once(socket, 'close')
  await issuer.call('POST', '/logout', { token: signedIn.access })
  assert.equal(await open(`?ticket=${ticket}`), 401)
  const [code] = await ended
  assert.equal(code, 1008)
})

test('F-6: the cookie buys a ticket from a page of ours only; the socket ends with the session', async () => {
  await issuer.auth.users.create({ email: 'f@example.com', password: PASSWORD })
  const json = { username: 'f@example.com', password: PASSWORD }
  const answer = await issuer.call('POST', '/session', { json, headers: BROWSER })
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  const headers = { ...BROWSER, cookie, 'x-csrf-token': String(answer.body.csrf_token) }
  for (const wrong of [
    { 'x-csrf-token': 'x' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  ]) {
    assert.equal((await issuer.call('POST', '/ws-ticket', { headers: { ...headers, ...wrong } })).status, 403)
  }
  const { origin: _, ...nowhere } = headers
  assert.equal((await issuer.call('POST', '/ws-ticket', { headers: nowhere })).status, 403, 'no Origin')
  const bought = await issuer.call('POST', '/ws-ticket', { headers })
  assert.equal(bought.status, 200, bought.text)
  const { socket, greeting } = await opened(String(bought.body.ticket), ISSUER)
  const sessions = await issuer.auth.sessions.list(String(greeting.id))
  assert.equal(greeting.sessionId, sessions[0]?.id)
  const ended = once(socket, 'close')
  await issuer.call('DELETE', '/session', { headers })
  assert.equal((await ended)[0], 1008)
})

test('an API key buys no ticket, and a client none in the name of a user', async () => {
  const { access } = await issuer.signUp('gina')
  const made = await issuer.call('POST', '/users/me/api-keys', { token: access, json: { name: 'x' } })
  assert.equal((await issuer.call('POST', '/ws-ticket', { token: String(made.body.key) })).status, 403)
  assert.equal((await issuer.call('POST', '/ws-ticket')).status, 401)
})

/** An issuer on a clock moved by hand, and a user's tickets. */
async function atHand(staleness: 'strict' | 'relaxed') {
  const clock = handClock()
  const auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    issuer: ISSUER,
    clock,
    staleness,
  })
  const user = await auth.users.create({ email: 'h@example.com', password: PASSWORD })
  return {
    auth,
    clock,
    async buy(): Promise<string> {
      const { access_token } = await auth.tokens.issue({ userId: user.id })
      const headers = { authorization: `Bearer ${access_token}` }
      const answer = await auth.fetch(new Request(`${ISSUER}/ws-ticket`, { method: 'POST', headers }))
      const { ticket } = (await answer.json()) as { ticket: string }
      return ticket
    },
    accept: (ticket: string) => auth.sockets.accept(new Request(`${ISSUER}/ws?ticket=${ticket}`)),
  }
}

for (const { staleness, milliseconds, code } of [
  { staleness: 'relaxed', milliseconds: 15 * 60_000, code: 1008 },
  { staleness: 'strict', milliseconds: 6_000, code: 1013 },
] as const) {
  test(`F-6: a socket closes with ${code} after ${milliseconds / 1000} s, ${staleness}`, async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const { auth, clock, buy: buyOne, accept } = await atHand(staleness)
    const accepted = await accept(await buyOne())
    assert.ok(accepted.ok)
    const codes: number[] = []
    const closed = new Promise<void>((resolve) =>
      accepted.hold({
        close(given) {
          codes.push(given)
          resolve()
        },
      }),
    )
    const letGo = accepted.hold({ close: () => assert.fail('nobody holds it any more') })
    letGo()
    // It is asked about when it is held, and only then again.
    await turn()
    t.mock.timers.tick(1000)
    await turn()
    assert.deepEqual(codes, [], 'it is good')
    clock.advance(milliseconds)
    t.mock.timers.tick(1000)
    await closed
    t.mock.timers.tick(1000)
    assert.deepEqual(codes, [code], 'once')
    await auth.close()
  })
}

test('F-6: a ticket lives half a minute', async () => {
  const { auth, clock, buy: buyOne, accept } = await atHand('relaxed')
  const [inTime, late] = [await buyOne(), await buyOne()]
  clock.advance(29_999)
  assert.equal((await accept(inTime)).ok, true)
  clock.advance(1)
  assert.equal((await accept(late)).ok, false)
  await auth.close()
})

test('F-6: a socket that is open when the issuer stops is told that it goes away', async () => {
  const { auth, buy: buyOne, accept } = await atHand('strict')
  const accepted = await accept(await buyOne())
  assert.ok(accepted.ok)
  const codes: number[] = []
  accepted.hold({ close: (code) => void codes.push(code) })
  await auth.close()
  assert.deepEqual(codes, [1001])
})
