import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { type ClientOptions, WebSocket } from 'ws'
import { type Access, type Auth, anyone, needs, type Principal, signedIn } from '../../src/index.ts'
import { ISSUER, PASSWORD, startIssuer, type TestIssuer } from '../flows/issuer.ts'

/** What no stranger may see. */
export const SECRET = 'what-no-stranger-may-see'
/** What a message may measure. */
export const MAX_BYTES = 64 * 1024
const APP = 'https://app.example.com'
const BROWSER = { origin: ISSUER, 'sec-fetch-site': 'same-origin' }

/** An application that opens sockets, in one framework. */
export interface SocketSample {
  readonly port: number
  close(): Promise<void>
}

/**
 * Sockets at the paths of `SOCKET_WORDS`, inside of a group for who is signed in where the framework has groups, and
 * `GET /page` with the secret for whoever is signed in. An open socket is greeted with its principal as JSON, and each
 * message is answered with its length. `lines` gets what the framework's own log of requests says.
 */
export type OpenSocketSample = (auth: Auth, lines: string[]) => Promise<SocketSample>

export const SOCKET_WORDS: Readonly<Record<string, Access<Principal>>> = {
  '/ws': needs({ via: ['ws-ticket'] }),
  '/any-way': signedIn,
  '/header': needs({ via: ['bearer'] }),
  '/rare': needs({ via: ['ws-ticket'], scopes: ['rare'] }),
}
export const OPEN_TO_ALL = { path: '/open', word: anyone }

/** What an open socket is told. */
export function greeting(principal: Principal | undefined): string {
  return JSON.stringify({ id: principal?.id, via: principal?.via })
}

/** The same check before a socket is open, and the same end of it, whichever framework opens it. */
export function testSockets(name: string, openSample: OpenSocketSample): void {
  const lines: string[] = []
  const reports: unknown[] = []
  let issuer: TestIssuer
  let sample: SocketSample
  before(async () => {
    const write = (...line: unknown[]) => void lines.push(JSON.stringify(line))
    issuer = await startIssuer({
      corsOrigins: [APP],
      // So many sockets at once are what is tried here, not a limit.
      rateLimits: 'off',
      logger: { debug: write, info: write, warn: write, error: write },
      onRefusal: (report) => void reports.push(report),
    })
    sample = await openSample(issuer.auth, lines)
  })
  after(async () => {
    await sample?.close()
    await issuer?.close()
  })

  const buy = async (access: string, headers: Record<string, string> = {}): Promise<string> => {
    const { status, body, text } = await issuer.call('POST', '/ws-ticket', { token: access, headers })
    assert.equal(status, 200, text)
    return String(body.ticket)
  }
  /** The open socket with its greeting, or the status that it was refused with or the code that it was closed with. */
  const open = (
    target: string,
    options: ClientOptions = {},
  ): Promise<number | { readonly socket: WebSocket; readonly told: Record<string, unknown> }> => {
    const socket = new WebSocket(`ws://127.0.0.1:${sample.port}${target}`, options)
    return new Promise((resolve, reject) => {
      socket.once('message', (data) => resolve({ socket, told: JSON.parse(String(data)) }))
      socket.once('unexpected-response', (request, { statusCode }) => {
        request.destroy()
        resolve(statusCode ?? 0)
      })
      // Opened and closed again, without a greeting.
      socket.once('close', resolve)
      socket.once('error', reject)
    })
  }
  const opened = async (target: string, options?: ClientOptions) => {
    const result = await open(target, options)
    assert.ok(typeof result === 'object', `refused with ${String(result)}`)
    return result
  }

  test(`${name}: F-6: a ticket opens one socket, as whoever bought it, from where it was bought`, async () => {
    const { access } = await issuer.signUp('alice')
    const ticket = await buy(access, { origin: APP })
    const target = `/ws?room=1&ticket=${ticket}`
    for (const origin of [undefined, 'null', ISSUER, 'https://evil.example', `${APP}.evil.example`]) {
      const options = origin === undefined ? {} : { origin }
      assert.equal(await open(target, options), 403, String(origin))
    }
    const { socket, told } = await opened(target, { origin: APP })
    assert.deepEqual(told, { id: (await issuer.me(access)).body.id, via: 'ws-ticket' })
    assert.equal(await open(target, { origin: APP }), 401, 'used before')
    socket.close()
  })

  test(`${name}: F-6: nothing but a good ticket opens where the word takes tickets`, async () => {
    const { access, refresh } = await issuer.signUp('bert')
    const ticket = await buy(access)
    const bearer = { headers: { authorization: `Bearer ${access}` } }
    for (const target of [
      '/ws',
      '/ws?ticket=',
      `/ws?ticket=${access}`,
      `/ws?ticket=${refresh}`,
      `/ws?access_token=${access}`,
      `/ws?ticket=${ticket.slice(0, -1)}`,
      `/ws?ticket=${ticket.toUpperCase()}`,
      `/ws?Ticket=${ticket}`,
      `/ws?ticket=${ticket}&ticket=${ticket}`,
    ]) {
      const status = await open(target)
      assert.ok(status === 401 || status === 400, `${target.slice(0, 30)}: ${String(status)}`)
    }
    assert.equal(await open('/ws', bearer), 403, 'another credential')
    assert.ok([400, 401].includes((await open(`/ws?ticket=${ticket}`, bearer)) as number), 'two credentials')
    assert.equal(await open(`/header?ticket=${ticket}`), 401, 'a route that takes none')
    assert.equal(await open(`/rare?ticket=${await buy(access)}`), 403, 'a scope is missing')
    const { socket } = await opened(`/ws?ticket=${ticket}`)
    socket.close()
  })

  test(`${name}: F-8: a ticket opens no page, whatever the request claims to be`, async () => {
    const { access } = await issuer.signUp('cleo')
    const headers = { connection: 'Upgrade', upgrade: 'websocket' }
    const target = `http://127.0.0.1:${sample.port}/page?ticket=`
    const answer = await fetch(target + (await buy(access)))
    assert.equal(answer.status, 401)
    const upgraded = await open(`/page?ticket=${await buy(access)}`, { headers }).catch(() => 'closed')
    assert.ok(typeof upgraded !== 'object', 'no socket is opened there')
  })

  test(`${name}: F-6: an upgrade where nothing is, or only an endpoint of ours, leaves no connection open`, async () => {
    for (const path of ['/nowhere', '/healthz']) {
      const connection = connect(sample.port, '127.0.0.1')
      const closed = once(connection, 'close')
      connection.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      )
      connection.resume()
      await closed
    }
  })

  test(`${name}: F-6: of 200 handshakes with one ticket at once exactly one opens a socket`, async () => {
    const { access } = await issuer.signUp('dora')
    const ticket = await buy(access)
    const results = await Promise.all(Array.from({ length: 200 }, () => open(`/ws?ticket=${ticket}`)))
    const won = results.filter((result) => typeof result === 'object')
    assert.equal(won.length, 1)
    assert.ok(results.every((result) => typeof result === 'object' || result === 401))
    for (const { socket } of won) socket.terminate()
  })

  test(`${name}: F-6: every open socket ends with 1008 when what opened it is revoked`, async () => {
    const { access } = await issuer.signUp('ella')
    const other = await issuer.signUp('fred')
    const stays = await opened(`/ws?ticket=${await buy(other.access)}`)
    const unused = await buy(access)
    const ends = await Promise.all([
      opened(`/ws?ticket=${await buy(access)}`),
      opened(`/any-way?ticket=${await buy(access)}`),
      opened('/any-way', { headers: { authorization: `Bearer ${access}` } }),
      opened('/header', { headers: { authorization: `Bearer ${access}` } }),
    ])
    assert.deepEqual(
      ends.map(({ told }) => told.via),
      ['ws-ticket', 'ws-ticket', 'bearer', 'bearer'],
    )
    const codes = ends.map(async ({ socket }) => (await once(socket, 'close'))[0])
    await issuer.call('POST', '/logout', { token: access })
    assert.deepEqual(await Promise.all(codes), [1008, 1008, 1008, 1008])
    assert.equal(await open(`/ws?ticket=${unused}`), 401, 'bought before')
    assert.equal(stays.socket.readyState, WebSocket.OPEN)
    stays.socket.close()
  })

  test(`${name}: F-6: a session cookie opens a socket from a page of ours, and does not spoil a ticket`, async () => {
    await issuer.auth.users.create({ email: 'g@example.com', password: PASSWORD })
    const json = { username: 'g@example.com', password: PASSWORD }
    const answer = await issuer.call('POST', '/session', { json, headers: BROWSER })
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
    const headers = { ...BROWSER, cookie, 'x-csrf-token': String(answer.body.csrf_token) }
    const { body } = await issuer.call('POST', '/ws-ticket', { headers })
    const sent = { headers: { cookie }, origin: ISSUER }
    const byTicket = await opened(`/any-way?ticket=${String(body.ticket)}`, sent)
    assert.equal(byTicket.told.via, 'ws-ticket', 'no page can leave the cookie out')
    assert.equal(await open('/any-way', { headers: { cookie }, origin: 'https://evil.example' }), 403)
    assert.equal(await open('/any-way', { headers: { cookie } }), 403, 'a browser says where a page is from')
    const byCookie = await opened('/any-way', sent)
    assert.equal(byCookie.told.via, 'session')
    const codes = [byTicket, byCookie].map(async ({ socket }) => (await once(socket, 'close'))[0])
    await issuer.call('DELETE', '/session', { headers })
    assert.deepEqual(await Promise.all(codes), [1008, 1008])
  })

  test(`${name}: F-6: a socket ends when whoever opened it loses a role or a scope, also by cookie and key`, async () => {
    const user = await issuer.auth.users.create({ email: 'h@example.com', password: PASSWORD })
    await issuer.auth.users.setRoles(user.id, ['user', 'admin'])
    const json = { username: 'h@example.com', password: PASSWORD }
    const answer = await issuer.call('POST', '/session', { json, headers: BROWSER })
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
    const keyWith = async (scope: string) => {
      const offer = { userId: user.id, name: scope, scopes: [scope], lifeSeconds: 3600 }
      const { text } = await issuer.auth.apiKeys.create(offer)
      return opened('/any-way', { headers: { authorization: `Bearer ${text}` } })
    }
    const byCookie = await opened('/any-way', { headers: { cookie }, origin: ISSUER })
    const [byKey, stays] = [await keyWith('admin:users'), await keyWith('profile:read')]
    const codes = [byCookie, byKey].map(async ({ socket }) => (await once(socket, 'close'))[0])
    await issuer.auth.users.setRoles(user.id, ['user'])
    assert.deepEqual(await Promise.all(codes), [1008, 1008])
    assert.equal(stays.socket.readyState, WebSocket.OPEN, 'its key has lost nothing')
    stays.socket.close()
  })

  test(`${name}: F-9: a header that is sent twice opens no socket`, async () => {
    const { access } = await issuer.signUp('hans')
    const good = `Bearer ${access}`
    const twice = await open('/any-way', { headers: { authorization: [good, good] as never } })
    assert.ok(twice === 400 || twice === 401, String(twice))
  })

  test(`${name}: where anyone may come in nobody is asked, and nothing ends`, async () => {
    const { socket, told } = await opened(OPEN_TO_ALL.path)
    assert.deepEqual(told, {})
    socket.close()
  })

  test(`${name}: F-6: messages of 64 KiB pass, and one byte more closes with 1009`, async () => {
    const { access } = await issuer.signUp('ida')
    const { socket } = await opened(`/ws?ticket=${await buy(access)}`)
    socket.send(Buffer.alloc(MAX_BYTES))
    const [length] = await once(socket, 'message')
    assert.equal(String(length), String(MAX_BYTES))
    const closed = once(socket, 'close')
    socket.send(Buffer.alloc(MAX_BYTES + 1))
    assert.equal((await closed)[0], 1009)
  })

  test(`${name}: F-8: no log and no report holds a ticket`, async () => {
    const { access } = await issuer.signUp('jane')
    const ticket = await buy(access)
    lines.length = 0
    reports.length = 0
    const { socket } = await opened(`/ws?room=1&ticket=${ticket}&page=2`)
    assert.equal(await open(`/ws?ticket=${ticket}`), 401)
    socket.close()
    // Where no socket is: servers and plugins quote the address in lines of their own.
    for (const path of ['/page', '/nowhere', '/healthz', '/open']) {
      const result = await open(`${path}?x=1&ticket=${await buy(access)}`).catch(() => 'closed')
      if (typeof result === 'object') result.socket.terminate()
    }
    // A refusal is reported after it was answered.
    while (reports.length === 0) await new Promise((resolve) => setImmediate(resolve))
    assert.ok(lines.length > 0)
    assert.doesNotMatch(`${lines.join('')} ${JSON.stringify(reports)}`, /cs_ticket_/)
  })
}
