import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startRedis } from './redis.ts'

/** One command in Redis's plain text form; the first line of the answer. */
async function say(url: string, ...lines: readonly string[]): Promise<string> {
  const { port, password } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8')
  socket.end([`AUTH ${password}`, ...lines, 'QUIT', ''].join('\r\n'))
  let answer = ''
  socket.on('data', (text) => {
    answer += text
  })
  await once(socket, 'close')
  return answer
}

test('a private Redis answers, and only to its password', async (t) => {
  const server = await startRedis({ settings: { maxmemory: '64mb' } })
  t.after(() => server.stop())
  assert.match(await say(server.url, 'SET a 1', 'GET a'), /^\+OK\r\n\+OK\r\n\$1\r\n1\r\n/)
  assert.match(await say(server.url, 'CONFIG GET maxmemory'), /67108864/)
  assert.match(await say(server.url.replace(/:[0-9a-f]{32}@/, ':wrong@'), 'GET a'), /WRONGPASS/)
  await server.restart()
  assert.match(await say(server.url, 'GET a'), /\$-1/)
})

test('a durable Redis keeps what it answered through a kill', async (t) => {
  const server = await startRedis({ durable: true })
  t.after(() => server.stop())
  await say(server.url, 'SET a 1')
  await server.kill()
  await server.start()
  assert.match(await say(server.url, 'GET a'), /\$1\r\n1/)
})
