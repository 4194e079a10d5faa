// Checks the repository itself: `npm run check` and `npm test` run it.
import { join } from 'node:path'
import { findDeadLinks } from './links.ts'
import { checkTree } from './tidiness.ts'
import { findLooseEnds, findMachinePaths } from './tracked-text.ts'

const root = join(import.meta.dirname, '..', '..')
const { problems, notices } = checkTree(root)
const all = [...problems, ...findMachinePaths(root), ...findLooseEnds(root), ...findDeadLinks(root)]

for (const notice of notices) console.log(`notice: ${notice}`)
for (const problem of all) console.error(`problem: ${problem}`)
console.log(all.length === 0 ? 'tidy: no problems' : `tidy: ${all.length} problems`)
process.exitCode = all.length === 0 ? 0 : 1
