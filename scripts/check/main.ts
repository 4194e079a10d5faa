// `npm run check`: everything that can be said of the repository without running it. `-- --fix` formats first.
import { parseArgs } from 'node:util'
import { reportChecks, runChecks } from './checks.ts'

const { values } = parseArgs({ options: { fix: { type: 'boolean', default: false } } })
const results = await runChecks({ fix: values.fix })
process.stdout.write(reportChecks(results))
process.exitCode = results.every((result) => result.passed) ? 0 : 1
