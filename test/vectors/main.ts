// `npm run vectors -- FOLDER`: runs case files, prints each miss, and closes with `N passed, M failed`.
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runVectors } from './run.ts'

const [asked, ...more] = process.argv.slice(2)
const shared = join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors')
const folder = asked === undefined ? (existsSync(shared) ? shared : import.meta.dirname) : resolve(asked)
if (more.length > 0 || !existsSync(folder) || !statSync(folder).isDirectory()) {
  console.error(`usage: npm run vectors -- FOLDER   (${folder} is none)`)
  process.exit(2)
}
const { passed, failures, skipped } = await runVectors(folder)
for (const failure of failures) console.log(`FAILED ${failure}`)
for (const [reason, cases] of [...skipped].sort()) console.log(`skipped ${cases}: ${reason}`)
if (passed + failures.length === 0) failures.push('no case was found')
console.log(`${passed} passed, ${failures.length} failed`)
process.exitCode = failures.length === 0 ? 0 : 1
