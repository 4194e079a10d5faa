import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../docs/code-blocks.ts'
import { runSystemdAnalyze } from '../servers/systemd-analyze.ts'

test('systemd takes the unit without a word, and finds it little exposed', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-unit-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'countersign.service')
  const unit = readFileSync(join(root, 'deploy/systemd/countersign.service'), 'utf8')
  // The program that is started has to be there for it.
  writeFileSync(path, unit.replace('/usr/bin/node', process.execPath))
  const verified = runSystemdAnalyze(['verify', '--man=no', path])
  assert.equal(verified.status, 0, verified.said)
  // It reads what the unit is to be started after too, and may have something to say about those of this machine.
  assert.deepEqual(
    verified.said.split('\n').filter((line) => line.includes('countersign')),
    [],
  )
  const { status, said } = runSystemdAnalyze([
    'security',
    '--offline=true',
    '--threshold=20',
    '--no-pager',
    path,
  ])
  assert.equal(status, 0, said)
  assert.match(said, /Overall exposure level for countersign\.service: 1\.\d/)
})
