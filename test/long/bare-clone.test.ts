import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { root } from '../../scripts/setup/places.mjs'
import { findFreePort } from '../servers/free-port.ts'
import { findOldNode, pathFrom } from './old-node.ts'

const LIMIT_MILLISECONDS = 300_000

/** Starts the clone, waits for its first 200, and answers how long that took; it is stopped before this returns. */
async function startSeconds(t: TestContext, clone: string, env: NodeJS.ProcessEnv): Promise<number> {
  const port = await findFreePort()
  const since = performance.now()
  const server = spawn('npm', ['start', '--silent'], {
    cwd: clone,
    env: { ...env, PORT: String(port) },
    timeout: LIMIT_MILLISECONDS,
  })
  let said = ''
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text
    })
  }
  server.stdin.end()
  const ended = once(server, 'close')
  t.after(() => server.kill('SIGTERM'))
  while (server.exitCode === null && !(await answers(`http://127.0.0.1:${port}/healthz`))) await wait(20)
  const seconds = (performance.now() - since) / 1000
  assert.equal(server.exitCode, null, said)
  assert.equal((await fetch(`http://127.0.0.1:${port}/docs`)).status, 200)
  server.kill('SIGTERM')
  await ended
  assert.ok(!(await answers(`http://127.0.0.1:${port}/healthz`)), 'the server outlived its stop')
  return seconds
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).status === 200
  } catch {
    return false
  }
}

test('what is committed starts from a bare clone, with whatever Node is at hand', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bare-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, folder], { timeout: LIMIT_MILLISECONDS })
  const old = findOldNode()
  const env = old === undefined ? process.env : { ...process.env, PATH: pathFrom(old) }
  t.diagnostic(`first npm start: ${(await startSeconds(t, folder, env)).toFixed(1)} s`)
  t.diagnostic(`second npm start: ${(await startSeconds(t, folder, env)).toFixed(2)} s`)
  const version = execFileSync(join(folder, 'bin', 'countersign'), ['version'], {
    cwd: tmpdir(),
    env,
    encoding: 'utf8',
    timeout: LIMIT_MILLISECONDS,
  })
  assert.match(version, /\d+\.\d+\.\d+/)
  const changed = execFileSync('git', ['status', '--porcelain'], { cwd: folder, encoding: 'utf8' })
  assert.equal(changed, '', 'starting leaves files that git neither tracks nor ignores')
})
