import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { guard as expressGuard, protect as protectExpress } from '../../src/express.ts'
import { guard as fastifyGuard, guardScope, protect as protectFastify } from '../../src/fastify.ts'
import { guard as honoGuard, protect as protectHono } from '../../src/hono.ts'
import { anyone, limited, needs, signedIn } from '../../src/index.ts'
import { Access } from '../../src/model/access.ts'
import { guard as nodeGuard, nodeListener } from '../../src/node.ts'
import { type RawAnswer, sendRaw } from '../adapters/raw-request.ts'
import { handClock, ISSUER, PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import { basic } from './test-clients.ts'

const LIMIT = { name: 'reports', count: 3, perSeconds: 60 }
const ELSEWHERE = '198.51.100.7'

async function start() {
  const clock = handClock(Date.now())
  const issuer = await startIssuer({ clock })
  const ask = async (access: Access, headers: Record<string, string> = {}, address = ELSEWHERE) => {
    const checked = await issuer.auth.check(new Request(`${ISSUER}/x`, { headers }), access, { address })
    return checked.ok ? undefined : checked.response
  }
  const statusOf = async (...asked: Parameters<typeof ask>) => (await ask(...asked))?.status ?? 200
  return { issuer, clock, ask, statusOf }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('a limit counts each account and client by itself, from wherever they come, and API keys as their owner', async () => {
  const { issuer, statusOf } = await start()
  const word = limited(signedIn, LIMIT)
  const [alice, bert] = [await issuer.signUp('alice'), await issuer.signUp('bert')]
  const { access: second } = { access: String((await issuer.signIn('alice')).body.access_token) }
  const me = await issuer.me(alice.access)
  const keys = await Promise.all(
    ['one', 'two'].map((name) => issuer.auth.apiKeys.create({ userId: String(me.body.id), name })),
  )
  const { secret = '' } = await issuer.auth.clients.create({ id: 'reporter', name: 'Reporter' })
  const all = async (headers: Record<string, string>[]) => {
    const statuses = []
    for (const [index, one] of headers.entries())
      statuses.push(await statusOf(word, one, `198.51.100.${index}`))
    return statuses
  }
  const tokens = [alice.access, second, alice.access, second].map(bearer)
  assert.deepEqual(await all(tokens), [200, 200, 200, 429], 'two sessions are one account')
  assert.deepEqual(await all(Array(4).fill(bearer(bert.access))), [200, 200, 200, 429])
  for (const { text } of keys) {
    assert.deepEqual(await all([{ 'x-api-key': text }]), [429], 'another key of the account buys nothing')
  }
  const clara = await issuer.auth.users.create({ email: 'clara@example.com', password: PASSWORD })
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) => issuer.auth.apiKeys.create({ userId: clara.id, name })),
  )
  const byKey = [one, two, one, two].map((key) => ({ 'x-api-key': key?.text ?? '' }))
  assert.deepEqual(await all(byKey), [200, 200, 200, 429], 'two keys are one account')
  const asClient = { authorization: basic('reporter', secret) }
  const machine = await issuer.call('POST', '/token', {
    form: { grant_type: 'client_credentials' },
    headers: asClient,
  })
  const both = [asClient, bearer(String(machine.body.access_token)), asClient, asClient]
  assert.deepEqual(await all(both), [200, 200, 200, 429], 'a client is counted however it proves itself')
  await issuer.close()
})

test('429 is never dressed as 401: it says how long to wait, and keeps to it', async () => {
  const { issuer, clock, ask, statusOf } = await start()
  const word = limited(needs({ scopes: ['profile:read'] }), LIMIT)
  const { access } = await issuer.signUp('alice')
  for (let index = 0; index < 3; index++) assert.equal(await statusOf(word, bearer(access)), 200)
  const refused = await ask(word, bearer(access))
  assert.equal(refused?.status, 429)
  assert.equal(refused.headers.get('www-authenticate'), null)
  assert.equal(refused.headers.get('retry-after'), '20')
  assert.equal(refused.headers.get('ratelimit-policy'), '"reports";q=3;w=60')
  assert.equal(refused.headers.get('ratelimit'), '"reports";r=0;t=60')
  assert.equal(((await refused.json()) as { code: string }).code, 'too_many_requests')
  clock.advance(19_900)
  assert.equal(
    await statusOf(word, bearer(access)),
    429,
    'a refused try counts nothing, and shortens nothing',
  )
  clock.advance(100)
  assert.equal(await statusOf(word, bearer(access)), 200)
  assert.equal(await statusOf(word, bearer(access)), 429)
  for (const wrong of [{}, bearer('x'), bearer(`${access}x`)]) assert.equal(await statusOf(word, wrong), 401)
  await issuer.close()
})

test('our own endpoints count an account too, from however many addresses it comes', async () => {
  const { issuer } = await start()
  const [alice, bert] = [await issuer.signUp('alice'), await issuer.signUp('bert')]
  const ask = async ({ access }: { readonly access: string }, at: number) => {
    const options = { token: access, address: `198.51.100.${at}` }
    return (await issuer.call('GET', '/users/me/export', options)).status
  }
  const statuses: number[] = []
  for (let at = 1; at <= 11; at++) statuses.push(await ask(alice, at))
  assert.deepEqual(statuses, [...Array(10).fill(200), 429])
  assert.equal(await ask(bert, 11), 200, 'the address is not to blame')
  await issuer.close()
})

test('E11: where nobody is asked for, an address counts, and one /64 of IPv6 is one', async () => {
  const { issuer, statusOf } = await start()
  const word = limited(anyone, LIMIT)
  const from = async (addresses: readonly string[]) => {
    const statuses = []
    for (const address of addresses) statuses.push(await statusOf(word, {}, address))
    return statuses
  }
  assert.deepEqual(await from(Array(4).fill(ELSEWHERE)), [200, 200, 200, 429])
  assert.deepEqual(await from(['198.51.100.8']), [200])
  assert.deepEqual(
    await from(['2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::3', '2001:db8::4']),
    [200, 200, 200, 429],
  )
  assert.deepEqual(await from(['2001:db8:0:1::1']), [200])
  const spoofed = { 'x-forwarded-for': '6.6.6.6' }
  assert.equal(await statusOf(word, spoofed), 429, 'what no trusted proxy has written is not believed')
  await issuer.close()
})

test('E11: whoever comes without a known address is counted all the same, with all others of whom that is so', async () => {
  const { issuer } = await start()
  const word = limited(anyone, LIMIT)
  const statuses = []
  for (const address of [undefined, 'unix:', undefined, 'nobody', undefined]) {
    const checked = await issuer.auth.check(new Request(`${ISSUER}/x`), word, address ? { address } : {})
    statuses.push(checked.ok ? 200 : checked.response.status)
  }
  assert.deepEqual(statuses, [200, 200, 200, 429, 429])
  await issuer.close()
})

test('limits of one name are one, of other names another; joined words keep both', async () => {
  const { issuer, statusOf } = await start()
  const { access } = await issuer.signUp('alice')
  const wide = limited(limited(signedIn, LIMIT), { name: 'narrow', count: 1, perSeconds: 60 })
  assert.equal(await statusOf(wide, bearer(access)), 200)
  assert.equal(await statusOf(wide, bearer(access)), 429)
  const same = limited(needs({ roles: ['user'] }), LIMIT)
  assert.deepEqual(
    [
      await statusOf(same, bearer(access)),
      await statusOf(same, bearer(access)),
      await statusOf(same, bearer(access)),
    ],
    [200, 200, 429],
    'a try that one limit refused counted against none',
  )
  await issuer.close()
})

test('what cannot be kept is refused where it is written', () => {
  for (const wrong of [
    { ...LIMIT, count: 0 },
    { ...LIMIT, count: 1.5 },
    { ...LIMIT, perSeconds: -1 },
    { ...LIMIT, perSeconds: Number.POSITIVE_INFINITY },
    { ...LIMIT, name: '' },
    { ...LIMIT, name: 'a"b' },
    { ...LIMIT, name: 'a\nb' },
    { ...LIMIT, name: 'x'.repeat(101) },
  ]) {
    assert.throws(() => limited(signedIn, wrong), TypeError, JSON.stringify(wrong))
  }
  assert.throws(() => limited({} as never, LIMIT), TypeError)
})

/** An application in each framework, and where it listens: a limited route in a limited group, and one in a group for anyone. */
const APPLICATIONS: Readonly<
  Record<string, (auth: TestIssuer['auth']) => Promise<{ port: number; close(): unknown }>>
> = {
  async fastify(auth) {
    const app = Fastify({ trustProxy: true })
    protectFastify(app, auth)
    await app.register(async (inner) => {
      guardScope(inner, OPEN_GROUP)
      inner.get('/open/mine', fastifyGuard(signedIn), () => 'mine')
    })
    await app.register(async (inner) => {
      guardScope(inner, limited(signedIn, LIMIT))
      inner.get('/reports', fastifyGuard(limited(signedIn, LIMIT_OF_ROUTE)), () => 'made')
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return { port: (app.server.address() as AddressInfo).port, close: () => app.close() }
  },
  async express(auth) {
    const app = express().set('trust proxy', true)
    protectExpress(app, auth)
    app.use('/open', expressGuard(OPEN_GROUP))
    app.get('/open/mine', expressGuard(signedIn), (_, response) => void response.send('mine'))
    app.use('/reports', expressGuard(limited(signedIn, LIMIT)))
    app.get(
      '/reports',
      expressGuard(limited(signedIn, LIMIT_OF_ROUTE)),
      (_, response) => void response.send('made'),
    )
    const server = createServer(app).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { port: (server.address() as AddressInfo).port, close: () => server.close() }
  },
  async node(auth) {
    const both = limited(limited(signedIn, LIMIT), LIMIT_OF_ROUTE)
    const mine = limited(signedIn, Access.limitsOf(OPEN_GROUP)[0] ?? LIMIT)
    const routes = {
      'GET /reports': nodeGuard(both, (_, response) => void response.end('made')),
      'GET /open/mine': nodeGuard(mine, (_, response) => void response.end('mine')),
    }
    const server = createServer(nodeListener(auth, { routes })).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { port: (server.address() as AddressInfo).port, close: () => server.close() }
  },
  async hono(auth) {
    const app = new Hono()
    const protection = protectHono(app, auth, { address: () => ELSEWHERE })
    app.use('/open/*', honoGuard(OPEN_GROUP))
    app.get('/open/mine', honoGuard(signedIn), (c) => c.text('mine'))
    app.use('/reports', honoGuard(limited(signedIn, LIMIT)))
    app.get('/reports', honoGuard(limited(signedIn, LIMIT_OF_ROUTE)), (c) => c.text('made'))
    await protection.ready()
    const server = createServer(async (incoming, outgoing) => {
      const headers = incoming.headers as Record<string, string>
      const answer = await app.request(`http://x${incoming.url}`, { headers })
      outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { port: (server.address() as AddressInfo).port, close: () => server.close() }
  },
}
const LIMIT_OF_ROUTE = { name: 'making', count: 50, perSeconds: 60 }
const OPEN_GROUP = limited(anyone, { name: 'open', count: 2, perSeconds: 60 })

for (const [name, open] of Object.entries(APPLICATIONS)) {
  test(`${name}: a request is counted once however many words look at it, and the answer says what is left`, async (t) => {
    const issuer = await startIssuer()
    t.after(() => issuer.close())
    const { access } = await issuer.signUp('alice')
    const { port, close } = await open(issuer.auth)
    t.after(close)
    const answers: RawAnswer[] = []
    for (let index = 0; index < 4; index++) {
      answers.push(
        await sendRaw(port, { target: '/reports', headers: [['Authorization', `Bearer ${access}`]] }),
      )
    }
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 429],
    )
    for (const { headers } of answers)
      assert.match(headers.ratelimit ?? '', /^"(reports|making)";r=\d+;t=\d+$/)
    assert.match(answers.at(-1)?.headers.ratelimit ?? '', /^"reports";r=0;/)
  })
}

for (const [name, open] of Object.entries(APPLICATIONS)) {
  test(`${name}: a limit of a group for anyone counts whomever the route asks for, from any address, and no stranger`, async (t) => {
    const issuer = await startIssuer()
    t.after(() => issuer.close())
    const [alice, bert] = [await issuer.signUp('alice'), await issuer.signUp('bert')]
    const { port, close } = await open(issuer.auth)
    t.after(close)
    const ask = async (token: string, ...address: readonly string[]) => {
      const headers = [
        ['Authorization', `Bearer ${token}`] as const,
        ...address.map((one) => ['X-Forwarded-For', one] as const),
      ]
      return (await sendRaw(port, { target: '/open/mine', headers })).status
    }
    // Without an address of its own it comes from this machine, which is not counted for itself in development.
    const asked = [
      await ask('x', ELSEWHERE),
      await ask('x', ELSEWHERE),
      await ask('x', ELSEWHERE),
      await ask(alice.access, ELSEWHERE),
      await ask(alice.access),
      await ask(alice.access),
      await ask(alice.access, '198.51.100.8'),
      await ask(bert.access, ELSEWHERE),
    ]
    assert.deepEqual(asked, [401, 401, 401, 200, 200, 429, 429, 200])
  })
}

test('PROXY_UNKNOWN: in production a route of the application says that nobody has told us about the proxy', async () => {
  const live = await startIssuer({ issuer: 'https://auth.example.com' })
  const { id } = await live.auth.users.create({ email: 'a@example.com', password: 'correct horse battery' })
  const { access_token } = await live.auth.tokens.issue({ userId: id })
  const statusOf = async (
    address: string,
    headers: Record<string, string> = {},
    access: Access = signedIn,
  ) => {
    const request = new Request('https://x/orders', { headers: { ...bearer(access_token), ...headers } })
    const checked = await live.auth.check(request, access, { address })
    return checked.ok ? 200 : checked.response.status
  }
  assert.equal(await statusOf('10.0.0.1', { 'x-forwarded-for': '198.51.100.7' }), 503)
  assert.equal(await statusOf('10.0.0.1'), 200)
  assert.equal(
    await statusOf('203.0.113.9', { 'x-forwarded-for': '198.51.100.7' }),
    200,
    'what strangers write',
  )
  assert.equal(await statusOf('10.0.0.1', { 'x-forwarded-for': '198.51.100.7' }, anyone), 200)
  await live.close()
})

test('our own endpoints count whoever comes without an address as one caller, and not as nobody', async () => {
  const { issuer } = await start()
  const { access } = await issuer.signUp('alice')
  const statuses: number[] = []
  for (let turn = 0; turn < 12; turn += 1) {
    const request = new Request(`${ISSUER}/users/me/export`, { headers: bearer(access) })
    const { status } = await issuer.auth.fetch(
      request,
      [{}, { address: undefined }, { address: 'x' }][turn % 3],
    )
    statuses.push(status)
  }
  assert.deepEqual(statuses, [...Array(10).fill(200), 429, 429])
  await issuer.close()
})
