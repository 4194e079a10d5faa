import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runVectors } from './run.ts'

const own = fileURLToPath(new URL('./own', import.meta.url))
const shared = fileURLToPath(new URL('../../../shared/vectors', import.meta.url))

test('A1 to A14: the cases of our own come out as they say', async () => {
  const { passed, failures } = await runVectors(own)
  assert.deepEqual(failures, [])
  assert.ok(passed >= 80, `only ${passed} cases were found`)
})

test('A1 to A14: so do those of Wycheproof, the RFCs and the cookbook, where they lie beside the clone', {
  skip: existsSync(shared) ? false : 'they are not there',
}, async () => {
  const { passed, failures, skipped } = await runVectors(shared)
  assert.deepEqual(failures, [])
  assert.ok(passed >= 2000, `only ${passed} cases were found`)
  assert.deepEqual(
    [...skipped.keys()].filter((reason) => reason.includes('no kind of case file')),
    [],
  )
})

test('a case that comes out otherwise is a miss with its name, and a file of no known kind is counted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-vectors-'))
  try {
    mkdirSync(join(folder, 'deep'))
    const content = JSON.parse(readFileSync(join(own, 'access-token-cases.json'), 'utf8'))
    const [valid] = content.cases
    const wrong = { ...content, cases: [valid, { ...valid, id: 'turned', expect: 'reject' }] }
    writeFileSync(join(folder, 'deep', 'turned.json'), JSON.stringify(wrong))
    writeFileSync(join(folder, 'other.json'), '{"something":"else"}')
    writeFileSync(join(folder, 'broken.json'), '{')
    const { passed, failures, skipped } = await runVectors(folder)
    assert.equal(passed, 1)
    assert.equal(failures.length, 2)
    assert.match(failures.join('\n'), /broken\.json file: it cannot be read/)
    assert.match(failures.join('\n'), /deep\/turned\.json turned: .*accept/)
    assert.deepEqual([...skipped.values()], [1])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
