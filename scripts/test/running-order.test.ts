import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { readImportGraph } from '../tidy/import-graph.ts'
import { mixed, runningOrder } from './running-order.ts'

test('what starts programs runs first, directly or through others; what only the product starts does not count', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'countersign-order-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const files = {
    'src/cli/serve.ts': "import { spawn } from 'node:child_process'\n",
    'test/flows/a.test.ts': "import '../../src/cli/serve.ts'\n",
    'test/flows/b.test.ts': "import '../servers/redis.ts'\n",
    'test/flows/c.test.ts': '',
    'test/servers/redis.ts': "import { type ChildProcess, spawn } from 'node:child_process'\n",
    'test/types/d.test.ts': "import { spawnSync } from 'node:child_process'\n",
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const tests = Object.keys(files).filter((path) => path.endsWith('.test.ts'))
  assert.deepEqual(runningOrder(root, readImportGraph(root, ['src', 'test']), tests), [
    'test/flows/b.test.ts',
    'test/types/d.test.ts',
    'test/flows/a.test.ts',
    'test/flows/c.test.ts',
  ])
})

test('the order of files brings neighbours apart, loses none, and is always the same', () => {
  const files = Array.from({ length: 170 }, (_, index) => index)
  const order = mixed(files)
  assert.deepEqual(
    [...order].sort((a, b) => a - b),
    files,
  )
  assert.deepEqual(mixed(files), order)
  const steps = order.slice(1).map((file, index) => Math.abs(file - (order[index] ?? 0)))
  assert.ok(Math.min(...steps) > 10, steps.join())
})
