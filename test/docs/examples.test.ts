import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BUILT_TYPES } from '../built-types.ts'
import { root } from './code-blocks.ts'

const FRAMEWORKS = fileURLToPath(new URL('./frameworks.d.ts', import.meta.url))
const OURS = {
  lib: ['es2024', 'dom', 'dom.iterable'],
  paths: BUILT_TYPES,
  typeRoots: [join(root, 'node_modules/@types')],
  allowImportingTsExtensions: true,
  rewriteRelativeImportExtensions: false,
  rootDir: '/',
  noEmit: true,
  incremental: false,
}
/** Those that are compiled for their framework, by settings of their own. */
const COMPILED = ['nest', 'next']

function complaints(program: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-examples-'))
  try {
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(program))
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const args = [compiler, '-p', folder, '--pretty', 'false']
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: root })
    return stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// They run in test/long/examples.test.ts, each with the packed tarball.
test('every example compiles', { timeout: 300_000 }, () => {
  const said = complaints({
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { ...OURS, lib: ['es2024'] },
    include: [join(root, 'examples/**/*.ts')],
    exclude: [...COMPILED, 'spa'].map((name) => join(root, 'examples', name)).concat('**/node_modules'),
  })
  assert.equal(said, '')
})

for (const name of COMPILED) {
  test(`the example ${name} compiles by its own settings`, { timeout: 300_000 }, () => {
    const example = join(root, 'examples', name)
    const said = complaints({
      extends: join(example, 'tsconfig.json'),
      compilerOptions: { ...OURS, types: name === 'next' ? ['node', 'react'] : ['node'] },
      files: [FRAMEWORKS],
      include: ['ts', 'tsx'].map((ending) => join(example, `**/*.${ending}`)),
      exclude: [join(example, '**/node_modules'), join(example, '**/.next')],
    })
    assert.equal(said, '')
  })
}
