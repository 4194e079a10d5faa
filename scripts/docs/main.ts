// `npm run docs`: writes the generated documents anew, each by its own `scripts/*-doc.ts`. With `--check` they write
// nothing and fail where a document is not up to date.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { inClone, root } from '../setup/places.mjs'

const LIMIT_MILLISECONDS = 60_000

const writers = readdirSync(inClone('scripts')).filter((name) => name.endsWith('-doc.ts'))
for (const writer of writers) {
  const args = [inClone('scripts', writer), ...process.argv.slice(2)]
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    timeout: LIMIT_MILLISECONDS,
  })
  if (status !== 0) {
    console.error(`scripts/${writer} failed`)
    process.exitCode = 1
  }
}
