import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { epochInFile, rememberEpoch } from './remembered-epoch.ts'

const STORE = { id: 'a', epoch: 3 }

test('the highest epoch is kept in the data folder, and in no folder where there is none', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-epoch-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const memory = epochInFile(folder)
  await rememberEpoch([memory], STORE)
  await rememberEpoch([memory], { ...STORE, epoch: 2 })
  assert.equal(await memory.read('a'), 3)
  const nowhere = epochInFile(join(folder, 'nothing'))
  await nowhere.keep(STORE)
  assert.equal(await nowhere.read('a'), 0)
})

test('a data folder that nobody may write to, as in a container with a read-only image, keeps no node from its start', async () => {
  // There on Linux; and not even root makes a file in it.
  const memory = epochInFile('/sys/kernel')
  await memory.keep(STORE)
  assert.equal(await memory.read('a'), 0)
})
