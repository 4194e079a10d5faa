import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { after, before, test } from 'node:test'
import { isPublicAddress } from '../../src/base/public-address.ts'
import { post } from '../../src/webhooks/post.ts'
import { PASSWORD, startIssuer } from './issuer.ts'

interface Received {
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: string
}

let server: Server
let url = ''
let statuses: number[] = []
let arrived = Promise.withResolvers<Received>()
before(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const status = statuses.shift() ?? 204
    response.writeHead(status, status === 302 ? { location: `${url}/elsewhere` } : {}).end()
    arrived.resolve({ headers: request.headers, body })
    arrived = Promise.withResolvers()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  url = `http://127.0.0.1:${address.port}/hook`
})
after(() => server.close())

const KEY = Buffer.from('0123456789abcdef0123456789abcdef')
const secret = `whsec_${KEY.toString('base64')}`

test('an event is sent signed as Standard Webhooks says, and without a secret in it', async () => {
  const issuer = await startIssuer({ webhooks: [{ url, secret, events: ['user.created'] }] })
  const next = arrived.promise
  const user = await issuer.auth.users.create({ email: 'alice@example.com', password: PASSWORD })
  const { headers, body } = await next
  const { type, data } = JSON.parse(body)
  assert.equal(type, 'user.created')
  assert.equal(data.user_id, user.id)
  assert.equal(headers['webhook-id'], data.id)
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const mac = createHmac('sha256', KEY).update(signed).digest('base64')
  assert.equal(headers['webhook-signature'], `v1,${mac}`)
  assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000) < 300)
  for (const canary of [PASSWORD, '$argon2', secret]) assert.ok(!body.includes(canary))
  await issuer.close()
})

test('admins see what has not arrived, and send it again; nobody else does', async () => {
  statuses = [500]
  const issuer = await startIssuer({ webhooks: [{ url, secret, events: ['user.disabled'] }] })
  const user = await issuer.auth.users.create({ email: 'a@example.com', password: PASSWORD })
  const root = await issuer.auth.users.create({
    email: 'r@example.com',
    password: PASSWORD,
    roles: ['admin'],
  })
  const tokenOf = async (userId: string) =>
    (await issuer.auth.sessions.start({ userId, amr: ['pwd'] })).access_token
  const [ofUser, ofRoot] = [await tokenOf(user.id), await tokenOf(root.id)]
  assert.equal((await issuer.call('GET', '/admin/webhooks', { token: ofUser })).status, 403)
  assert.equal((await issuer.call('GET', '/admin/webhooks')).status, 401)
  const next = arrived.promise
  await issuer.auth.users.disable(user.id)
  await next
  const { body } = await issuer.call('GET', '/admin/webhooks', { token: ofRoot })
  const [item] = body.items as { id: string; event: { name: string }; dead: boolean }[]
  assert.deepEqual([item?.event.name, item?.dead], ['user.disabled', false])
  const none = await issuer.call('GET', '/admin/webhooks?dead=true', { token: ofRoot })
  assert.deepEqual(none.body.items, [])
  const retry = (id: string) => issuer.call('POST', `/admin/webhooks/${id}/retry`, { token: ofRoot })
  assert.equal((await retry(item?.id ?? '')).status, 404, 'not given up')
  assert.equal((await retry("'")).status, 404)
  await issuer.close()
})

test('D5: no webhook reaches this machine or a private network, by address or by name', async () => {
  const inside = [
    ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '0.0.0.0'],
    ...['100.64.0.1', '192.0.0.8', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1'],
    ...[
      'fc00::1',
      'fd12::1',
      '::ffff:127.0.0.1',
      '::ffff:10.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      'ff02::1',
    ],
    ...['2001:db8::1', '2001::1', '', 'localhost'],
  ]
  for (const address of inside) assert.equal(isPublicAddress(address), false, address)
  for (const address of ['8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8']) {
    assert.equal(isPublicAddress(address), true, address)
  }
  const { port } = new URL(url)
  let reached = false
  server.once('request', () => {
    reached = true
  })
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1',
    '127.1',
  ]) {
    await assert.rejects(
      post(`http://${host}:${port}/`, '{}', {}, { anywhere: false }),
      /private address/,
      host,
    )
  }
  assert.equal(reached, false)
})

test('bad input: an answer in another protocol, none, or one that never ends is over at once', async () => {
  let answer = ''
  const rude = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => (answer === '' ? socket.destroy() : socket.write(answer)))
  })
  rude.listen(0, '127.0.0.1')
  await once(rude, 'listening')
  const { port } = rude.address() as AddressInfo
  const send = () => post(`http://127.0.0.1:${port}/`, '{}', {}, { anywhere: true })
  try {
    answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
    await assert.rejects(send(), /another protocol/)
    answer = ''
    await assert.rejects(send())
    answer = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'
    assert.equal(await send(), 200)
  } finally {
    rude.close()
  }
})
