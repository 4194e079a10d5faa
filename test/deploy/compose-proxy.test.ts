import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../docs/code-blocks.ts'
import { startNginx } from '../servers/nginx.ts'

test('the nginx of the compose file hands on who asks and by what, and shows no metrics', async (t) => {
  const seen: IncomingHttpHeaders[] = []
  const node = createServer((request, response) => {
    seen.push(request.headers)
    response.end(request.url)
  }).listen(0, '127.0.0.1')
  node.on('upgrade', (_, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
  })
  await once(node, 'listening')
  t.after(() => node.close())
  const { port } = node.address() as AddressInfo
  const site = readFileSync(join(root, 'deploy/compose/nginx.conf'), 'utf8')
  const nginx = await startNginx((own) => ({
    'site.conf': site
      .replace('http://node:8000', `http://127.0.0.1:${port}`)
      .replace('8080', `127.0.0.1:${own}`),
  }))
  t.after(() => nginx.stop())

  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${nginx.port}${path}`, { headers })
  assert.equal(
    await (await ask('/token?a=b%2Fc', { 'x-forwarded-for': '203.0.113.9' })).text(),
    '/token?a=b%2Fc',
  )
  await ask('/', { 'x-forwarded-proto': 'https' })
  assert.deepEqual(
    seen.map((headers) => [headers['x-forwarded-for'], headers['x-forwarded-proto']]),
    [
      ['203.0.113.9, 127.0.0.1', 'http'],
      ['127.0.0.1', 'https'],
    ],
  )
  assert.equal((await ask('/metrics')).status, 404)
  assert.equal(seen.length, 2)

  const opening = request(`http://127.0.0.1:${nginx.port}/ws`, {
    headers: { connection: 'Upgrade', upgrade: 'websocket' },
  }).end()
  const [{ statusCode }, socket] = await Promise.race([once(opening, 'upgrade'), once(opening, 'response')])
  assert.equal(statusCode, 101, 'a socket is opened through it')
  socket.destroy()
  const other = request(`http://127.0.0.1:${nginx.port}/`, {
    headers: { connection: 'Upgrade', upgrade: 'h2c' },
  }).end()
  const [plain] = await once(other, 'response')
  plain.resume()
  assert.equal(seen.at(-1)?.upgrade, undefined, 'and nothing else is switched to')

  node.closeAllConnections()
  await new Promise((resolve) => node.close(resolve))
  assert.equal((await ask('/ws?ticket=canary')).status, 502)
  assert.doesNotMatch(nginx.log(), /canary/, 'F-8: what stands in a query is in no log')
})
