import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BUILT_TYPES } from '../built-types.ts'
import { codeBlocks, root } from './code-blocks.ts'

const FRAMEWORKS = fileURLToPath(new URL('./frameworks.d.ts', import.meta.url))
const GENERATED_CLIENT = fileURLToPath(new URL('./generated-client.d.ts', import.meta.url))

const OPTIONS = {
  extends: join(root, 'tsconfig.json'),
  compilerOptions: {
    paths: BUILT_TYPES,
    noUnusedLocals: false,
    // Few applications set it, and types of frameworks do not keep to it; test/types does for ours.
    exactOptionalPropertyTypes: false,
    typeRoots: [join(root, 'node_modules/@types')],
    allowImportingTsExtensions: true,
  },
  include: ['*.ts'],
}

test('every TypeScript block of README and docs compiles', { timeout: 300_000 }, () => {
  const blocks = codeBlocks().filter(({ words }) => words[0] === 'ts')
  assert.ok(blocks.length >= 8, `only ${blocks.length} blocks were found`)
  const folder = mkdtempSync(join(tmpdir(), 'countersign-docs-'))
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    mkdirSync(join(folder, 'blocks', 'generated'), { recursive: true })
    copyFileSync(GENERATED_CLIENT, join(folder, 'blocks', 'generated', 'client.ts'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    for (const { file, line, code } of blocks) {
      const name = `${file.replaceAll(/\W/g, '_')}_${line}.ts`
      // A block without imports would be a script, and its names everybody's.
      writeFileSync(
        join(folder, 'blocks', name),
        /^(import|export)/m.test(code) ? code : `${code}\nexport {}`,
      )
    }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ ...OPTIONS, include: [join(folder, 'blocks/*.ts'), FRAMEWORKS] }),
    )
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
    assert.equal(status, 0, stdout.replaceAll(folder, ''))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('every block of README and docs is of a kind that is tested or drawn', () => {
  for (const { file, line, words } of codeBlocks()) {
    assert.ok(
      ['ts', 'sh', 'mermaid', 'json', 'text', 'ini', 'yaml', 'dotenv', 'diff', 'sql'].includes(
        words[0] ?? '',
      ),
      `${file}:${line}`,
    )
  }
})
