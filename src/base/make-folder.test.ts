import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from './make-folder.ts'

test('makes what is missing, each level with the mode, and says whether there was any', (t) => {
  const top = mkdtempSync(join(tmpdir(), 'countersign-folder-'))
  t.after(() => rmSync(top, { recursive: true }))
  const deep = join(top, 'a', 'b', 'c')
  assert.equal(makeFolder(deep, 0o700), true)
  for (const folder of [deep, join(top, 'a')]) assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.equal(makeFolder(deep, 0o700), false)
  writeFileSync(join(top, 'file'), '')
  assert.throws(() => makeFolder(join(top, 'file', 'below'), 0o700), { code: 'ENOTDIR' })
})

test('where the kernel lets nobody make folders it says so, and comes to an end', (t) => {
  if (!existsSync('/proc/self')) return t.skip('this system has no /proc')
  assert.throws(() => makeFolder('/proc/no/such/folder', 0o700), { code: 'ENOENT' })
})
