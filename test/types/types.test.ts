import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BUILT_TYPES } from '../built-types.ts'

// What is in them is checked by `npm run check`, which compiles everything.
export type * from './express.ts'
export type * from './fastify.ts'
export type * from './hono.ts'
export type * from './node.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What the compiler says to a program, one line a complaint. */
function complaints(program: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-types-'))
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'program.ts'), program)
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          paths: BUILT_TYPES,
          typeRoots: [join(root, 'node_modules/@types')],
          allowImportingTsExtensions: true,
        },
        include: ['program.ts'],
      }),
    )
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
      encoding: 'utf8',
    })
    return stdout.split('\n').filter((line) => line.includes('program.ts('))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const PROGRAM = `
import { createAuth } from 'countersign'
import { guard } from 'countersign/fastify'
const auth = createAuth({
  scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
})
guard(auth.needs({ scopes: ['orders:read'] }))
guard(auth.needs({ scopes: ['orders:raed'] }))
guard(auth.needs({ scope: ['orders:read'] }))
guard(auth.needs({ if: async () => true }))
guard(auth.needs({ ifAsync: () => true }))
guard(auth.needs({ freshWithin: 60 }))
guard({ scopes: ['orders:read'] })
`

test('misspelt scopes, unknown parts, rules in the wrong place and foreign words do not compile', {
  timeout: 300_000,
}, () => {
  const said = complaints(PROGRAM)
  const lines = said.map((line) => Number(/program\.ts\((\d+),/.exec(line)?.[1]))
  assert.deepEqual(lines, [8, 9, 10, 11, 12, 13], said.join('\n'))
  const [misspelt] = said
  for (const name of ['"orders:raed"', '"orders:read"', '"orders:write"', '"profile:read"']) {
    assert.ok(misspelt?.includes(name), `the compiler names ${name}: ${misspelt}`)
  }
})
