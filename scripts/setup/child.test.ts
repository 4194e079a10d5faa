import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { runStep } from './child.mjs'

const options = { cwd: process.cwd(), limitSeconds: 20 }
const node = (program: string, more = {}) =>
  runStep(process.execPath, ['-e', program], { ...options, ...more })

test('a step tells its status and both outputs, and reads nothing', async () => {
  const program =
    "console.log('out'); console.error('err'); process.stdin.on('end', () => process.exit(7)).resume()"
  const { code, output, overtime } = await node(program)
  assert.equal(code, 7)
  assert.equal(overtime, false)
  assert.match(output, /out/)
  assert.match(output, /err/)
})

test('only the end of a flood of output is kept', async () => {
  const { output } = await node("process.stdout.write('x'.repeat(3e6) + 'end')")
  assert.ok(output.length < 300_000)
  assert.ok(output.endsWith('end'))
})

test('a step that takes too long ends with all it started', async () => {
  const program = `
    const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    console.log(child.pid)
    setInterval(() => {}, 1000)`
  const { overtime, output, code } = await node(program, { limitSeconds: 1 })
  assert.ok(overtime)
  assert.equal(code, null)
  const grandchild = Number(output)
  for (let tries = 0; tries < 3000 && runs(grandchild); tries += 1) await wait(20)
  assert.ok(!runs(grandchild))
})

test('a program that does not exist is an error, not a crash', async () => {
  await assert.rejects(runStep('no-such-program-here', [], options), { code: 'ENOENT' })
})

/** A zombie, killed and not yet waited for by its new parent, counts as gone. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return !isZombie(pid)
}

function isZombie(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.startsWith('Z')
}
