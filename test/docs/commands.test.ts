import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Command } from 'commander'
import { createProgram } from '../../src/cli/program.ts'
import { catalogue } from '../../src/errors/codes.ts'
import { root } from './code-blocks.ts'

/** The words of a sentence that call our command line: `countersign keys rotate --now`. */
const CALL = /(?<=`(?:npx )?(?:\.\/bin\/)?countersign )[a-z][^`\n]*/g

/** Files of the program in which the doctor speaks. */
const SPEAKING = ['src/doctor', 'src/cli', 'src/store', 'src/wiring']

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(root, folder, name))
}

function whyUnknown(call: string, program: Command): string | undefined {
  let command = program
  const words = call.split(' ')
  for (const word of words) {
    if (word.startsWith('--')) {
      const known = command.options.some(({ long }) => long === word) || word === '--help'
      if (!known) return `${command.name()} has no option ${word}`
    } else if (command.commands.length > 0) {
      const next = command.commands.find((candidate) => candidate.name() === word)
      if (next === undefined) return `${command.name()} has no command ${word}`
      command = next
    }
  }
  return undefined
}

test('every command that a hint or a page names is there, with its options', () => {
  const files = [
    join(root, 'README.md'),
    ...filesIn('docs', '.md'),
    ...SPEAKING.flatMap((folder) => filesIn(folder, '.ts')),
  ]
  const texts = [
    ...Object.entries(catalogue).map(([code, { hint }]) => ({ where: code, text: hint })),
    // In a template a grave accent stands behind a backslash.
    ...files.map((path) => ({ where: path, text: readFileSync(path, 'utf8').replaceAll('\\`', '`') })),
  ]
  const program = createProgram()
  const calls = texts.flatMap(({ where, text }) =>
    [...text.matchAll(CALL)].map(([call]) => ({ where, call })),
  )
  assert.ok(calls.length > 20, `${calls.length} calls`)
  const unknown = calls.flatMap(({ where, call }) => {
    const why = whyUnknown(call, program)
    return why === undefined ? [] : [`${where}: \`countersign ${call}\`: ${why}`]
  })
  assert.deepEqual(unknown, [])
})
