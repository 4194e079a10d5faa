import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readImportGraph } from '../../scripts/tidy/import-graph.ts'
import { kindOf, LAYERS, partOf } from '../../scripts/tidy/layers.ts'

const ROOT = join(import.meta.dirname, '..', '..')

test('the table of folders is that of the layers, and has every folder there is and no other', () => {
  const page = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8')
  const rows = [...page.matchAll(/^\| (\d) \| `([^`]+)` \|/gm)].map(([, layer, part]) => `${layer} ${part}`)
  const layers = LAYERS.flatMap((parts, at) => parts.map((part) => `${at + 1} ${part}`))
  assert.deepEqual(rows, layers)
  const there = [...readImportGraph(ROOT, ['src']).keys()].map((path) => kindOf(partOf(path)))
  assert.deepEqual([...new Set(there)].sort(), LAYERS.flat().sort())
})
