import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeBlocks, root } from './code-blocks.ts'

test('the test that the page for FastAPI shows passes', { timeout: 240_000 }, () => {
  const block = codeBlocks().find(
    ({ file, code }) => file.endsWith('from-fastapi.md') && code.includes("'node:test'"),
  )
  assert.ok(block)
  const folder = mkdtempSync(join(tmpdir(), 'countersign-fastapi-'))
  try {
    // The package as it was built for this run, beside the packages it is developed with.
    const modules = join(folder, 'node_modules')
    mkdirSync(modules)
    for (const name of readdirSync(join(root, 'node_modules')).filter((entry) => !entry.startsWith('.'))) {
      symlinkSync(join(root, 'node_modules', name), join(modules, name))
    }
    symlinkSync(root, join(modules, 'countersign'))
    writeFileSync(join(folder, 'page.test.ts'), block.code)
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
    const { status, stdout } = spawnSync(process.execPath, ['--test', 'page.test.ts'], {
      cwd: folder,
      env,
      encoding: 'utf8',
    })
    assert.equal(status, 0, stdout)
    assert.match(stdout, /pass 1\b/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
