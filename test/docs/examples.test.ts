import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './code-blocks.ts'

// They run in test/long/examples.test.ts, each with the packed tarball.
test('every example compiles', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-examples-'))
  try {
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          paths: { countersign: [join(root, 'src/index.ts')], 'countersign/*': [join(root, 'src/*.ts')] },
          allowImportingTsExtensions: true,
          typeRoots: [join(root, 'node_modules/@types')],
        },
        include: [join(root, 'examples/**/*.ts')],
      }),
    )
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
