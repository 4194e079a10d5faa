import { appendFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../scripts/setup/places.mjs'
import { MIGRATIONS } from '../../../src/store/sqlite/migrations/index.ts'

/** The schema of the release after this one. */
export const NEXT_SCHEMA = (MIGRATIONS.at(-1)?.version ?? 0) + 1

const STEP = { version: NEXT_SCHEMA, title: 'a column of tomorrow' }
const ADDS: Readonly<Record<string, string>> = {
  sqlite: 'ALTER TABLE cs_users ADD COLUMN tomorrow TEXT',
  postgres: 'ALTER TABLE countersign.users ADD COLUMN tomorrow text',
}

/** What is built here, in a folder of its own. */
export function copyRelease(folder: string): string {
  mkdirSync(folder)
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** The same as if it were the next release: with one step of the schema more, which adds something. */
export function copyNextRelease(folder: string): string {
  copyRelease(folder)
  for (const [dialect, sql] of Object.entries(ADDS)) {
    const steps = join(folder, 'dist/store', dialect, 'migrations/index.js')
    appendFileSync(steps, `\nMIGRATIONS.push(${JSON.stringify({ ...STEP, sql })})\n`)
  }
  return folder
}
