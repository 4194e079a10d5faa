import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startPrivateServer } from './private-server.ts'

/** A server of a few lines: echoes, counts its starts in its folder, has a child, obeys SIGTERM only. */
const ECHO = `
  const { appendFileSync, readFileSync } = require('node:fs')
  const { spawn } = require('node:child_process')
  const [port, folder] = process.argv.slice(1)
  appendFileSync(folder + '/starts', 'x')
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
  process.on('SIGTERM', () => { child.kill(); process.exit(0) })
  require('node:net').createServer((socket) => socket.pipe(socket)).listen(Number(port), '127.0.0.1', () => {
    console.log('child ' + child.pid + ' starts ' + readFileSync(folder + '/starts', 'utf8').length)
    console.log('listening')
  })`

const options = {
  name: 'echo',
  command: ({ folder, port }: { folder: string; port: number }) => ({
    path: process.execPath,
    args: ['-e', ECHO, String(port), folder],
  }),
  ready: /listening/,
  stopSignal: 'SIGTERM',
} as const

async function start(t: TestContext) {
  const server = await startPrivateServer(options)
  t.after(() => server.stop())
  return server
}

async function echo(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('utf8').write('hello')
  const [text] = await once(socket, 'data')
  socket.destroy()
  return String(text)
}

const childOf = (log: string) => Number(/child (\d+)/.exec(log.slice(log.lastIndexOf('child')))?.[1])

test('two servers have a port and a folder each, and both are gone when stopped', async (t) => {
  const [one, two] = await Promise.all([start(t), start(t)])
  assert.notEqual(one.port, two.port)
  assert.notEqual(one.folder, two.folder)
  assert.equal(await echo(one.port), 'hello')
  await one.stop()
  assert.ok(!existsSync(one.folder))
  await assert.rejects(echo(one.port), { code: 'ECONNREFUSED' })
  assert.equal(one.pid(), undefined)
  assert.equal(await echo(two.port), 'hello')
  await one.stop()
  await assert.rejects(one.start(), /was stopped/)
})

test('a paused server answers nothing until it is resumed', async (t) => {
  const server = await start(t)
  server.pause()
  const answer = echo(server.port)
  assert.equal(await Promise.race([answer, wait(200, 'silence')]), 'silence')
  server.resume()
  assert.equal(await answer, 'hello')
})

test('a paused server can be stopped', async (t) => {
  const server = await start(t)
  server.pause()
  await server.stop()
  assert.ok(!existsSync(server.folder))
})

test('a restart keeps port and folder; a kill takes its children along', async (t) => {
  const server = await start(t)
  const first = server.pid()
  await server.restart()
  assert.notEqual(server.pid(), first)
  assert.match(server.log(), /starts 2/)
  const child = childOf(server.log())
  await server.kill()
  assert.equal(server.pid(), undefined)
  assert.throws(() => server.pause(), /does not run/)
  await untilGone(child)
  await server.start()
  assert.match(server.log(), /starts 3/)
  assert.equal(await echo(server.port), 'hello')
})

test('a server that ends at its start, or cannot be started, says why and leaves no folder', async () => {
  const folders = mkdtempSync(join(tmpdir(), 'countersign-none-'))
  const ending = { path: process.execPath, args: ['-e', "console.error('no such setting'); process.exit(3)"] }
  const cases = [
    { command: ending, why: /ended at its start \(3\)\n.*no such setting/s },
    { command: { path: join(folders, 'missing'), args: [] }, why: /could not be started/ },
  ]
  let folder = ''
  for (const { command, why } of cases) {
    const failing = {
      ...options,
      command: (place: { folder: string }) => {
        folder = place.folder
        return command
      },
    }
    await assert.rejects(startPrivateServer(failing), why)
    assert.ok(!existsSync(folder))
  }
  rmSync(folders, { recursive: true })
})

test('nothing is left of a server whose test process is killed', async () => {
  const program = `
    const { startPrivateServer } = await import(process.argv[1])
    const server = await startPrivateServer({
      name: 'echo', ready: /listening/, stopSignal: 'SIGTERM',
      command: ({ folder, port }) => ({ path: process.execPath, args: ['-e', process.argv[2], String(port), folder] }),
    })
    console.log(JSON.stringify([server.pid(), Number(/child (\\d+)/.exec(server.log())[1]), server.folder]))
    setInterval(() => {}, 1000)`
  const module = new URL('./private-server.ts', import.meta.url).href
  const args = ['--input-type=module', '-e', program, module, ECHO]
  const tester = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(tester.stdout.setEncoding('utf8'), 'data')
  const [server, child, folder]: [number, number, string] = JSON.parse(String(line))
  tester.kill('SIGKILL')
  await untilGone(server)
  await untilGone(child)
  for (let tries = 0; tries < 3000 && existsSync(folder); tries += 1) await wait(20)
  assert.ok(!existsSync(folder))
})

async function untilGone(pid: number): Promise<void> {
  for (let tries = 0; tries < 3000; tries += 1) {
    const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
    // A zombie was killed; its new parent has yet to hear of it.
    if (stdout.trim() === '' || stdout.startsWith('Z')) return
    await wait(20)
  }
  assert.fail(`process ${pid} still runs`)
}
