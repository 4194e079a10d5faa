// The one program behind every npm script and bin/countersign. Plain JavaScript without dependencies, because it is
// what installs them, and kept to what Node 18 understands, because it is what fetches a newer one.

import { existsSync } from 'node:fs'
import { handOver } from './setup/child.mjs'
import { environmentFor } from './setup/node.mjs'
import { builtProgram, inClone } from './setup/places.mjs'
import { prepare } from './setup/prepare.mjs'
import { SetupError } from './setup/setup-error.mjs'

/**
 * @typedef {object} Task
 * @property {boolean} build whether it runs or measures what is built
 * @property {readonly string[]} [program] what to run, with its first arguments; nothing for tasks that only prepare
 */

/** @type {Readonly<Record<string, Task>>} */
const TASKS = {
  start: { build: true, program: [builtProgram, 'serve'] },
  cli: { build: true, program: [builtProgram] },
  build: { build: true },
  test: { build: false, program: [inClone('scripts', 'test', 'main.ts')] },
  'test:full': { build: false, program: [inClone('scripts', 'test', 'main.ts'), '--full'] },
  check: { build: false, program: [inClone('scripts', 'check', 'main.ts')] },
  bench: { build: true, program: [inClone('bench', 'main.ts')] },
  docs: { build: false, program: [inClone('scripts', 'docs', 'main.ts')] },
  vectors: { build: false, program: [inClone('test', 'vectors', 'main.ts')] },
  torture: { build: true, program: [inClone('test', 'torture', 'main.ts')] },
  simulate: { build: false, program: [inClone('test', 'simulation', 'main.ts')] },
  'keep-schema': { build: false, program: [inClone('test', 'upgrades', 'main.ts')] },
  'doctor-cases': { build: false, program: [inClone('test', 'doctor-cases', 'main.ts')] },
}

/** @param {string | undefined} name @param {readonly string[]} args */
async function run(name, args) {
  const task = name === undefined ? undefined : TASKS[name]
  if (task === undefined) throw new SetupError(`Name a task: ${Object.keys(TASKS).join(', ')}.`)
  const node = await prepare(task)
  if (task.program === undefined) return
  const [program = '', ...first] = task.program
  if (!existsSync(program))
    throw new SetupError(`There is nothing to run for "${name}" yet: ${program} is missing.`)
  await handOver(node, [program, ...first, ...args], environmentFor(node))
}

/** @param {unknown} error */
function inWords(error) {
  if (error instanceof SetupError) return error.message
  if (!(error instanceof Error)) return String(error)
  const refused = /^(EACCES|EPERM|EROFS|ENOSPC|EDQUOT)\b/.test(error.message)
  return refused ? `This clone cannot be prepared: ${error.message}` : error.stack
}

try {
  const [name, ...args] = process.argv.slice(2)
  await run(name, args)
} catch (error) {
  process.stderr.write(`countersign: ${inWords(error)}\n`)
  process.exit(1)
}
