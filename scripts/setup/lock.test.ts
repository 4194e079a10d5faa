import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { withLock } from './lock.mjs'

const NOBODY = 2 ** 22 + 1

function lockPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-lock-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'deep', 'lock')
}

/** A lock as another process would leave it. */
function leave(path: string, text: string, quietSeconds = 0): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  const then = new Date(Date.now() - quietSeconds * 1000)
  utimesSync(path, then, then)
}

test('work under one lock never overlaps, and the lock is gone afterwards', async (t) => {
  const path = lockPath(t)
  let inside = 0
  const work = () =>
    withLock(path, async () => {
      inside += 1
      assert.equal(inside, 1)
      await wait(5)
      inside -= 1
    })
  await Promise.all([work(), work(), work()])
  assert.ok(!existsSync(path))
})

test('a failure of the work is passed on and lets the lock go', async (t) => {
  const path = lockPath(t)
  await assert.rejects(
    withLock(path, async () => {
      throw new Error('full disk')
    }),
    /full disk/,
  )
  assert.equal(await withLock(path, async () => 'again'), 'again')
})

test('the lock of a dead process is taken over', async (t) => {
  const path = lockPath(t)
  leave(path, `dead ${hostname()} ${NOBODY}`)
  assert.equal(await withLock(path, async () => 'mine'), 'mine')
})

test('the lock of a living process, or of another machine, is waited for', async (t) => {
  const holders = [
    `one ${hostname()} ${process.pid}`,
    `two another.machine.example ${NOBODY}`,
    // Killed, and what it started still works.
    `three ${hostname()} ${NOBODY} ${process.pid}`,
    // Just being written.
    '',
  ]
  const waited = holders.map(async (holder) => {
    const path = lockPath(t)
    leave(path, holder)
    const told: string[] = []
    const options = { onWait: (pid: string) => void told.push(pid), patienceSeconds: 2 }
    await assert.rejects(
      withLock(path, async () => 'mine', options),
      { name: 'SetupError' },
    )
    assert.equal(told.length, 1)
    assert.equal(readFileSync(path, 'utf8'), holder)
  })
  await Promise.all(waited)
})

test('a lock without a sign of life is taken over whoever holds it', async (t) => {
  const path = lockPath(t)
  leave(path, `old another.machine.example ${process.pid}`, 120)
  assert.equal(await withLock(path, async () => 'mine'), 'mine')
})

test('a holder names the processes that work for it', async (t) => {
  const path = lockPath(t)
  const helpers = [7]
  await withLock(
    path,
    async () => {
      helpers.push(8)
      for (let tries = 0; tries < 3000 && !readFileSync(path, 'utf8').endsWith('8'); tries += 1)
        await wait(20)
      assert.match(readFileSync(path, 'utf8'), new RegExp(` ${process.pid} 7 8$`))
    },
    { helpers: () => helpers },
  )
})

test('many processes that find the same dead lock still work one at a time', async (t) => {
  const path = lockPath(t)
  leave(path, `dead ${hostname()} ${NOBODY}`)
  const journal = `${path}.journal`
  appendFileSync(journal, '')
  const program = `
    import { appendFileSync } from 'node:fs'
    import { setTimeout as wait } from 'node:timers/promises'
    const { withLock } = await import(process.argv[1])
    await withLock(process.argv[2], async () => {
      appendFileSync(process.argv[3], 'in ')
      await wait(20)
      appendFileSync(process.argv[3], 'out ')
    })`
  const module = new URL('./lock.mjs', import.meta.url).href
  const args = ['--input-type=module', '-e', program, module, path, journal]
  const children = Array.from({ length: 5 }, () => spawn(process.execPath, args, { stdio: 'inherit' }))
  for (const [code] of await Promise.all(children.map((child) => once(child, 'exit')))) assert.equal(code, 0)
  assert.equal(readFileSync(journal, 'utf8'), 'in out '.repeat(5))
})
