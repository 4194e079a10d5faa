import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { findDeadLinks } from './links.ts'

test('a link of a document leads to a file, and to a heading of it, that is there', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'countersign-links-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const documents = {
    'README.md': [
      '# Top',
      'Good: [a](docs/a.md), [b](docs/a.md#two-words-here), [c](#top), [d](docs), [e](https://example.com/x.md#y).',
      'Dead: [f](docs/gone.md), [g](docs/a.md#three-words), [h](#bottom).',
      '```md',
      '[i](docs/in-code.md)',
      '```',
    ],
    'docs/a.md': ['## Two `words`, here', 'Back: [j](../README.md), dead: [k](README.md).'],
  }
  for (const [path, lines] of Object.entries(documents)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${lines.join('\n')}\n`)
  }
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
  ])
    spawnSync('git', ['-C', root, ...args])
  assert.deepEqual(findDeadLinks(root), [
    'README.md links to docs/gone.md, which does not exist',
    'README.md links to #three-words of docs/a.md, which has no such heading',
    'README.md links to #bottom of README.md, which has no such heading',
    'docs/a.md links to docs/README.md, which does not exist',
  ])
})
