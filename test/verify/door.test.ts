import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { loadedBy } from '../loaded-modules.ts'

test('countersign/verify loads no store but counters in memory, no login, grant, endpoint or server, and no package at all', () => {
  const loaded = loadedBy('src/verify.ts')
  const counters = ['src/store/hot/arrival-table.ts', 'src/store/hot/memory.ts']
  const ours = loaded.filter((url) => url.startsWith('src/') && !counters.includes(url))
  const folders = new Set(ours.map((path) => path.split('/')[1]))
  assert.deepEqual([...folders].sort(), [
    'base',
    'errors',
    'guard',
    'http',
    'keys',
    'model',
    'revocation',
    'tokens',
    'verify.ts',
  ])
  const strangers = loaded.filter((url) => !url.startsWith('src/') && !url.startsWith('node:'))
  assert.deepEqual(strangers, [])
})

test('docs/verify.md names the modules of the platform that it loads', () => {
  const page = readFileSync(new URL('../../docs/verify.md', import.meta.url), 'utf8')
  const builtIn = loadedBy('src/verify.ts').filter((url) => url.startsWith('node:'))
  const named = [...page.matchAll(/`(node:[\w/]+)`/g)].map((match) => match[1])
  assert.deepEqual(builtIn.sort(), named.sort())
})
