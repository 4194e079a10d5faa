import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { blockWith, createBlockFolder } from './block-folder.ts'

test('the test that the page for FastAPI shows passes', { timeout: 240_000 }, () => {
  const folder = createBlockFolder({ 'page.test.ts': blockWith('from-fastapi.md', "'node:test'") })
  try {
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
    const { status, stdout } = spawnSync(process.execPath, ['--test', 'page.test.ts'], {
      cwd: folder.path,
      env,
      encoding: 'utf8',
    })
    assert.equal(status, 0, stdout)
    assert.match(stdout, /pass 1\b/)
  } finally {
    folder.remove()
  }
})
