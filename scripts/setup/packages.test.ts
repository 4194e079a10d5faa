import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { refuseLink, satisfies } from './packages.mjs'

const entry = (version: string, more = {}) => ({ version, integrity: `sha512-${version}`, ...more })
const file = (packages: object) => JSON.stringify({ packages })

const root = { '': { name: 'x' } }
const zod = { 'node_modules/zod': entry('4.0.0') }
const hono = { 'node_modules/hono': entry('4.1.0') }
const darwin = { 'node_modules/@x/darwin': entry('1.0.0', { optional: true }) }

test('what is installed satisfies the lock file if it is the same, optional packages aside', () => {
  assert.ok(satisfies(file({ ...root, ...zod, ...hono, ...darwin }), file({ ...zod, ...hono })))
  assert.ok(satisfies(file({ ...root, ...zod, ...darwin }), file({ ...zod, ...darwin })))
})

test('anything missing, other, or too much does not', () => {
  const lock = file({ ...root, ...zod, ...hono, ...darwin })
  const other = { 'node_modules/zod': { version: '4.0.0', integrity: 'sha512-other' } }
  assert.ok(!satisfies(lock, file(zod)))
  assert.ok(!satisfies(lock, file({ ...zod, 'node_modules/hono': entry('4.1.1') })))
  assert.ok(!satisfies(lock, file({ ...hono, ...other })))
  assert.ok(!satisfies(lock, file({ ...zod, ...hono, 'node_modules/more': entry('1.0.0') })))
  assert.ok(!satisfies(lock, file({ ...zod, ...hono, 'node_modules/@x/darwin': entry('1.0.1') })))
})

test('a record that cannot be read satisfies nothing', () => {
  for (const record of ['', '{', 'null', '{}', '{"packages":null}']) {
    assert.ok(!satisfies(file({ ...root, ...zod }), record), record)
  }
})

test('a folder of packages that is a link to another clone is not touched', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-link-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'real'))
  symlinkSync(join(folder, 'real'), join(folder, 'link'))
  assert.throws(() => refuseLink(join(folder, 'link')), { name: 'SetupError' })
  refuseLink(join(folder, 'real'))
  refuseLink(join(folder, 'missing'))
})
