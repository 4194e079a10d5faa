import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runSuite } from './run-suite.ts'
import type { Suite } from './suites.ts'

const HEAD = "import { describe, test } from 'node:test'\nimport { writeFileSync } from 'node:fs'\n"

/** Runs these texts as test files; answers the counts as text, and what was reported. */
async function runTexts(
  t: TestContext,
  isolation: Suite['isolation'],
  texts: readonly string[],
  limitSeconds = 60,
) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-suite-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const files = texts.map((text, index) => {
    const path = join(folder, `${index}.test.mjs`)
    writeFileSync(path, HEAD + text)
    return path
  })
  const reported: string[] = []
  // What tests write is not ours to show here: a red line in a green run would mislead its reader.
  const options = {
    limitSeconds,
    env: { ...process.env, FOLDER: folder },
    report: (text: string) => reported.push(text),
  }
  const counts = await runSuite({ title: 'of a test', files, isolation }, options)
  return { counts: Object.values(counts).join(' '), said: reported.join(''), folder }
}

const isolations = ['none', 'process'] as const

test('passed, failed and skipped tests are counted, suites are not', async (t) => {
  const text = `
    test('yes', () => {})
    test('no', () => { throw new Error('because') })
    test('not here', (t) => t.skip('no data'))
    describe('group', () => { test('yes', () => {}); test('no', () => { throw new Error('x') }) })
    test('parent', async (t) => { await t.test('child', () => {}) })`
  for (const isolation of isolations) {
    const { counts, said } = await runTexts(t, isolation, [text, "test('yes', () => {})"])
    assert.equal(counts, '5 2 1', isolation)
    assert.match(said, /FAILED: [^\n]*: no \(line \d+\)\n {4}Error: because/)
    assert.match(said, /skipped: [^\n]*not here \(no data\)/)
  }
})

test('a group that fails as a whole is a failure', async (t) => {
  const { counts } = await runTexts(t, 'none', [
    "test('yes', () => {})\ndescribe('group', () => { throw new Error('x') })",
  ])
  assert.equal(counts, '1 1 0')
})

test('a run or a file without any test is a failure', async (t) => {
  assert.equal((await runTexts(t, 'none', [''])).counts, '0 1 0')
  const { counts, said } = await runTexts(t, 'process', ['', "test('yes', () => {})"])
  assert.equal(counts, '1 1 0')
  assert.match(said, /0\.test\.mjs holds no test/)
})

test('a file that cannot be loaded is a failure', async (t) => {
  for (const isolation of isolations) {
    const { counts } = await runTexts(t, isolation, ['const = 1', "test('yes', () => {})"])
    assert.equal(counts, '1 1 0', isolation)
  }
})

test('a test that ends the process is a failure, not a silent success', async (t) => {
  const text = "test('yes', () => {})\ntest('exits', () => process.exit(0))"
  const { counts, said } = await runTexts(t, 'none', [text])
  assert.equal(counts, '0 1 0')
  assert.match(said, /ended early \(status 0\)/)
  assert.equal((await runTexts(t, 'process', [text, "test('yes', () => {})"])).counts.split(' ')[1], '1')
})

test('a run past its time is stopped', async (t) => {
  const text = "test('endless', () => new Promise(() => { setInterval(() => {}, 1000) }))"
  const { counts, said } = await runTexts(t, 'none', [text], 1)
  assert.equal(counts, '0 1 0')
  assert.match(said, /took longer than 1 s/)
})

test('a run that is stopped says what was under way', async (t) => {
  // What the runner sends when time is up comes from the test itself here: a loaded machine begins no test within a second.
  const text =
    "test('endless', () => new Promise(() => { setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM') }))"
  const { said } = await runTexts(t, 'none', [text])
  assert.match(said, /still running: [^\n]*endless/)
})

test('temporary files have a folder of the run, which goes with it', async (t) => {
  const text = "test('yes', () => writeFileSync(process.env.FOLDER + '/place', process.env.TMPDIR))"
  const { counts, folder } = await runTexts(t, 'process', [text])
  assert.equal(counts, '1 0 0')
  const place = readFileSync(join(folder, 'place'), 'utf8')
  assert.match(place, /countersign-test-/)
  assert.ok(!existsSync(place))
})
