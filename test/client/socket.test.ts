import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { WebSocketServer } from 'ws'
import { nodeListener } from '../../src/adapters/node.ts'
import { backOffMilliseconds, openSocket } from '../../src/client/socket.ts'
import { here } from '../../src/client/surroundings.ts'
import { type Client, createClient } from '../../src/client.ts'
import { type Auth, createAuth } from '../../src/index.ts'
import { closeServer, listen, PASSWORD } from './site.ts'

let server: Server
let sockets: WebSocketServer
let auth: Auth
let issuer: string
before(async () => {
  server = createServer()
  issuer = await listen(server)
  auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    issuer,
    rateLimits: 'off',
  }) as unknown as Auth
  await auth.ready()
  await auth.users.create({ email: 'ann@example.com', username: 'ann', password: PASSWORD })
  server.on('request', nodeListener(auth))
  sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', async (request: IncomingMessage, socket, head) => {
    const accepted = await auth.sockets.accept(request)
    if (!accepted.ok) {
      socket.end(`HTTP/1.1 ${accepted.response.status} Refused\r\nConnection: close\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      accepted.hold(opened)
      opened.on('message', (data) => opened.send(`echo ${data}`))
      opened.send('hello')
    })
  })
})
after(async () => {
  for (const socket of sockets.clients) socket.terminate()
  await closeServer(server)
  await auth.close()
})

/** A socket of the client, with what comes over it and why it closes. */
function connect(client: Client) {
  const heard: unknown[] = []
  const codes: number[] = []
  let next = Promise.withResolvers<void>()
  const socket = openSocket(client, {
    url: `${issuer.replace('http', 'ws')}/ws`,
    onMessage(data) {
      heard.push(data)
      next.resolve()
    },
    onClose: (code) => codes.push(code),
  })
  const message = async () => {
    await next.promise
    next = Promise.withResolvers()
  }
  return { socket, heard, codes, message }
}

test('a socket opens by a ticket, comes back with a new one, and ends with the sign-out', async () => {
  const client = createClient({ issuer, storage: 'memory' })
  const { socket, heard, codes, message } = connect(client)
  try {
    assert.equal(socket.send('x'), false, 'nobody is signed in')
    await client.signInWithPassword({ username: 'ann', password: PASSWORD })
    await message()
    assert.equal(socket.send('one'), true)
    await message()
    for (const open of sockets.clients) open.close(1008)
    await message()
    assert.deepEqual(heard, ['hello', 'echo one', 'hello'])
    assert.deepEqual(codes, [1008])
    const [open] = sockets.clients
    assert.ok(open)
    const gone = once(open, 'close')
    await client.signOut()
    await gone
    assert.equal(socket.send('x'), false)
    await client.signInWithPassword({ username: 'ann', password: PASSWORD })
    await message()
    assert.equal(heard.length, 4)
  } finally {
    socket.close()
  }
  assert.equal(socket.send('x'), false)
})

test('a connection is of one session: who signs in anew gets another at once', async () => {
  // Nothing is tried again after a wait: the next connection has to be made because somebody has signed in.
  const surroundings = { ...here, wait: () => new Promise<void>(() => undefined) }
  const client = createClient({ issuer, storage: 'memory' }, surroundings)
  assert.throws(() => openSocket(client, { url: '/ws', onMessage: () => undefined }), TypeError)
  await client.signInWithPassword({ username: 'ann', password: PASSWORD })
  const { socket, heard, codes, message } = connect(client)
  try {
    await message()
    await client.signInWithPassword({ username: 'ann', password: PASSWORD })
    await message()
    while (codes.length === 0) await new Promise(setImmediate)
    assert.deepEqual([codes.length, heard], [1, ['hello', 'hello']])
  } finally {
    socket.close()
    await client.signOut()
  }
})

test('bad input: whatever comes in the place of a ticket, the socket comes back, and nobody is signed out', async () => {
  const answers = [
    () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    () => Response.json({ ticket: 5 }),
    () => new Response('{"ticket":"cs_'),
    () => Response.json({ code: 'try_again' }, { status: 503, headers: { 'retry-after': '1' } }),
    () => Response.json({ code: 'token_invalid' }, { status: 401 }),
    () => Promise.reject(new TypeError('fetch failed')),
    () => Response.json({ ticket: 'cs_ticket_of_nobody' }),
  ]
  const farewells: unknown[] = []
  const client = createClient(
    { issuer, storage: 'memory', onSignedOut: (farewell) => farewells.push(farewell) },
    {
      ...here,
      fetch: async (input, init) =>
        (String(input).endsWith('/ws-ticket') ? answers.shift() : undefined)?.() ?? fetch(input, init),
      wait: () => new Promise((resolve) => setImmediate(resolve)),
    },
  )
  await client.signInWithPassword({ username: 'ann', password: PASSWORD })
  const heard = Promise.withResolvers<unknown>()
  const socket = openSocket(client, { url: `${issuer.replace('http', 'ws')}/ws`, onMessage: heard.resolve })
  try {
    assert.equal(await heard.promise, 'hello')
    assert.deepEqual([answers.length, farewells, client.session.status], [0, [], 'signed-in'])
  } finally {
    socket.close()
    await client.signOut()
  }
})

test('a socket that is closed while it waits, or while it buys a ticket, keeps no program from ending', async () => {
  for (const isAnswered of [true, false]) {
    const asked = Promise.withResolvers<AbortSignal | null | undefined>()
    const waits = Promise.withResolvers<AbortSignal | undefined>()
    const client = createClient(
      { issuer, storage: 'memory' },
      {
        ...here,
        async fetch(input, init) {
          if (!String(input).endsWith('/ws-ticket')) return fetch(input, init)
          asked.resolve(init?.signal)
          if (isAnswered) return new Response('', { status: 503 })
          return new Promise((_resolve, reject) => {
            init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
          })
        },
        wait(milliseconds, signal) {
          waits.resolve(signal)
          return here.wait(milliseconds, signal)
        },
      },
    )
    await client.signInWithPassword({ username: 'ann', password: PASSWORD })
    const socket = openSocket(client, {
      url: `${issuer.replace('http', 'ws')}/ws`,
      onMessage: () => assert.fail(),
    })
    const signal = await (isAnswered ? waits.promise : asked.promise)
    assert.equal(signal?.aborted, false)
    socket.close()
    assert.equal(signal.aborted, true)
    await client.signOut()
  }
})

test('attempts are spread, grow apart, and never by more than half a minute', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 6, 50].map((failures) => [
      backOffMilliseconds(failures, 0),
      backOffMilliseconds(failures, 1),
    ]),
    [
      [250, 500],
      [500, 1000],
      [1000, 2000],
      [2000, 4000],
      [15_000, 30_000],
      [15_000, 30_000],
    ],
  )
})
