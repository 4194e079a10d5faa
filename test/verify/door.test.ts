import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What is loaded by importing the door in a fresh process. */
function loadedBy(door: string): string[] {
  const program = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({
      load(url, context, next) {
        urls.push(url)
        return next(url, context)
      },
    })
    await import(process.argv[1])
    console.log(JSON.stringify(urls))`
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program, door], {
    cwd: root,
    encoding: 'utf8',
  })
  const urls: string[] = JSON.parse(said)
  return urls.map((url) => url.replace(new URL('../../', import.meta.url).href, ''))
}

test('countersign/verify loads no store but counters in memory, no login, grant, endpoint or server, and no package at all', () => {
  const loaded = loadedBy(new URL('../../src/verify.ts', import.meta.url).href)
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
  const builtIn = loadedBy(new URL('../../src/verify.ts', import.meta.url).href).filter((url) =>
    url.startsWith('node:'),
  )
  const named = [...page.matchAll(/`(node:[\w/]+)`/g)].map((match) => match[1])
  assert.deepEqual(builtIn.sort(), named.sort())
})
