import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { countPassed, table } from './report.ts'
import { endure, type Torture } from './torture.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

test('a torture that is cut off tells what it has found until then, also in the part that is under way, and has not passed', async () => {
  const cut = new AbortController()
  const torture: Torture = {
    name: 'endless',
    title: 'never ends',
    counts: { quick: 1, full: 1, long: 1 },
    async run(attempt) {
      await attempt.part('well', 2, async (ledger) => ledger.note('cycles', 2))
      await attempt.part('under way', 9, async (ledger) => {
        ledger.note('cycles')
        cut.abort()
        await new Promise(() => undefined)
      })
    },
  }
  const findings = await endure(torture, { count: 1, seed: 7, cutOff: cut.signal })
  assert.deepEqual(
    findings.parts.map(({ name, notes, isCutOff }) => [name, notes.cycles, isCutOff]),
    [
      ['well', 2, false],
      ['under way', 1, true],
    ],
  )
  assert.match(table([{ torture, findings }]), /endless: under way \| 9 times, cut off \| 7 \|/)
  assert.deepEqual(countPassed([{ torture, findings }]), { passed: 1, failed: 0 })
  const bad = findings.parts.map((part) => ({ ...part, violations: ['lost'] }))
  const found = { ...findings, parts: bad, violations: ['lost', 'lost'] }
  assert.deepEqual(countPassed([{ torture, findings: found }]), { passed: 0, failed: 2 })
  const alone = { ...findings, parts: [] }
  assert.deepEqual(countPassed([{ torture, findings: alone }]), { passed: 0, failed: 0 })
})

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`the command that is cut off by ${signal} prints its report with the seed and ends with status ${status}`, async (t) => {
    const args = [MAIN, 'decision', 'model', '--times', '1000000000', '--seed', '7']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    t.after(() => child.kill('SIGKILL'))
    const ended = once(child, 'close')
    const report = text(child.stdout)
    let told = ''
    child.stderr.setEncoding('utf8').on('data', (more: string) => {
      const begun = /decision: \d+ of/
      const isFirst = !begun.test(told) && begun.test(told + more)
      told += more
      if (isFirst) child.kill(signal)
    })
    assert.deepEqual(await ended, [status, null], told)
    assert.match(await report, /\| decision \| 1000000000 times, cut off \| 7 \| 0 \|[^|]+\| .*accepted \d+/)
    assert.match(
      told,
      new RegExp(`Cut off by ${signal} \\(seed 7\\) at "decision: \\d+ of .*"; not begun: model`),
    )
  })
}
