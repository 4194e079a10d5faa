import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { test } from 'node:test'
import { createOutwardFetch } from './outward-fetch.ts'

/** Ways to this machine, its neighbours and what a cloud tells its own machines. */
const INSIDE = [
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://0.0.0.0/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://100.64.0.1/',
  'https://[fd00::1]/',
  'https://[fe80::1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://localhost/',
]

const NOT_ASKED = [
  'http://example.com/',
  'http://127.0.0.1/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'data:application/json,{}',
  'javascript:alert(1)',
  'https://user:password@example.com/',
  '//example.com/',
  '/path',
  '',
]

test('D5: nothing inside is asked, however it is written', async () => {
  const fetch = createOutwardFetch({ anywhere: false })
  for (const url of INSIDE) await assert.rejects(fetch(url), /private address/, url)
  for (const url of NOT_ASKED) await assert.rejects(fetch(url), /only https|no URL/, url)
})

test('D5: where it may be this machine, http is for this machine alone', async () => {
  const fetch = createOutwardFetch({ anywhere: true })
  for (const url of ['http://example.com/', 'http://10.0.0.1/', 'http://127.0.0.1.example.com/']) {
    await assert.rejects(fetch(url), /only https/, url)
  }
})

async function withServer(
  answer: (response: ServerResponse, path: string) => void,
  work: (url: string, asked: () => number) => Promise<void>,
): Promise<void> {
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    answer(response, request.url ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => asked)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('D5: no redirect is followed', () =>
  withServer(
    (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
    async (url, asked) => {
      await assert.rejects(createOutwardFetch({ anywhere: true })(url), /redirect/)
      assert.equal(asked(), 1)
    },
  ))

test('D5: an answer is read up to its limit, and the whole of it within the time', () =>
  withServer(
    (response, path) => {
      if (path === '/silent') return
      response.writeHead(200, { 'content-type': 'application/json' })
      if (path === '/slow') response.write('{')
      else if (path === '/large') response.end('x'.repeat(1001))
      else response.end('{"a":1}')
    },
    async (url) => {
      const fetch = createOutwardFetch({ anywhere: true, mostBytes: 1000, limitMilliseconds: 200 })
      await assert.rejects(fetch(`${url}/large`), /longer than 1000 bytes/)
      for (const path of ['/silent', '/slow']) {
        await assert.rejects(fetch(url + path), /no answer in time/, path)
      }
      const patient = createOutwardFetch({ anywhere: true })
      const answer = await patient(url, { method: 'POST', body: new URLSearchParams({ a: 'b' }) })
      assert.deepEqual([answer.status, await answer.json()], [200, { a: 1 }])
    },
  ))

test('D5: what is no answer of HTTP rejects, and stops nothing else', async (t) => {
  let line = ''
  const server = createSocketServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.write(`HTTP/1.1 ${line}\r\n\r\n`))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const fetch = createOutwardFetch({ anywhere: true })
  for (const [answer, words] of [
    ['999 Odd\r\nContent-Length: 0', /status 999/],
    ['600 Odd\r\nContent-Length: 0', /status 600/],
    ['099 Odd\r\nContent-Length: 0', /status 99/],
    ['101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: odd', /another protocol/],
  ] as const) {
    line = answer
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`), words, answer)
  }
})
