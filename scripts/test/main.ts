// `npm test` and `npm run test:full`.
//
//   npm test                      checks, then every test but the long ones
//   npm test -- guard src/base    only the test files whose path holds one of these; no checks
//   npm run test:full             the long counts; `-- --long` the longest, which take hours; `-- model` those files only
//   --install                     install missing system programs (Debian, Ubuntu); implied where CI is set
import { constants } from 'node:os'
import { parseArgs } from 'node:util'
import { reportChecks, runChecks } from '../check/checks.ts'
import { root } from '../setup/places.mjs'
import { prepare } from '../setup/prepare.mjs'
import { createProgress } from '../setup/progress.mjs'
import { addCounts, type Counts, closingLines, NOTHING } from './counts.ts'
import { testEnvironment } from './environment.ts'
import { runSuite } from './run-suite.ts'
import { chooseSuites, type Suite } from './suites.ts'
import { findMissing, installMissing } from './system-programs.ts'

// Far above what two quiet cores take (under 10 and 40 minutes): a limit is against what hangs, not against a slow day.
const QUICK_LIMIT_SECONDS = 18 * 60
const FULL_LIMIT_SECONDS = 58 * 60
const LONG_LIMIT_SECONDS = 14 * 3600
/** In CI what judges a change draws the same for every change, and for each try of one; the nightly run draws anew. */
const GATE_SEED = 20_261_123
/** A run that has used up the time of all still gets to say so. */
const LEAST_SECONDS = 10

const { values, positionals: patterns } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    install: { type: 'boolean', default: isSet(process.env.CI) },
  },
})
const full = values.full || values.long
const limitSeconds = values.long ? LONG_LIMIT_SECONDS : full ? FULL_LIMIT_SECONDS : QUICK_LIMIT_SECONDS
const progress = createProgress()
const one: Counts = { ...NOTHING, failed: 1 }
let total = NOTHING

const { suites, leftOut } = await withoutMissing(chooseSuites(root, { full, patterns }))
// Side by side: after their first seconds the checks leave a core free.
await Promise.all([
  full || patterns.length > 0 ? undefined : check(),
  suites.some((suite) => suite.isolation === 'process') ? build() : undefined,
])
// The suites are no part of the terminal's foreground group: they end through the exit of this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]))
}
const counts = values.long ? 'long' : full ? 'full' : 'quick'
const env = testEnvironment(process.env, counts)
if (isSet(process.env.CI) && (!full || patterns.length > 0)) env.COUNTERSIGN_SEED ??= String(GATE_SEED)
const restSeconds = Math.max(LEAST_SECONDS, limitSeconds - performance.now() / 1000)
// Side by side: those beside the source are one process, which leaves the other cores to wait.
const counted = await Promise.all(
  suites.map((suite) =>
    progress.during(`testing ${countFiles(suite.files)} ${suite.title}`, () =>
      runSuite(suite, { limitSeconds: restSeconds, env }),
    ),
  ),
)
total = counted.reduce(addCounts, total)
if (suites.length === 0 && leftOut === '') total = addCounts(total, sayNothingToRun())

process.stdout.write(leftOut)
process.stdout.write(closingLines(total))
process.exit(total.failed === 0 ? 0 : 1)

async function check(): Promise<void> {
  const results = await progress.during('checking types, lint, shape and docs', () => runChecks())
  process.stdout.write(reportChecks(results))
  for (const { passed } of results) if (!passed) total = addCounts(total, one)
}

async function build(): Promise<void> {
  await prepare({ build: true }, progress).catch((error: unknown) => {
    console.log(`FAILED: ${error instanceof Error ? error.message : error}`)
    total = addCounts(total, one)
  })
}

function sayNothingToRun(): Counts {
  if (full && patterns.length === 0) {
    console.log('there are no long tests yet (test/long)')
    return NOTHING
  }
  console.log('FAILED: no test file was chosen')
  return one
}

/**
 * Without a program, the files that need it are left out, and it is said before and after; where they were named they count
 * as failed. In CI they fail, but for those of a program that is optional.
 */
async function withoutMissing(
  chosen: readonly Suite[],
): Promise<{ suites: readonly Suite[]; leftOut: string }> {
  let missing = findMissing(chosen)
  if (values.install && missing.length > 0) {
    await installMissing(missing, progress)
    missing = findMissing(chosen).filter(({ program }) => program.optional)
  }
  if (missing.length === 0) return { suites: chosen, leftOut: '' }
  const out = new Set(missing.flatMap(({ files }) => files))
  const packages = missing.map(({ program }) => program.debianPackage).join(' ')
  const leftOut =
    `${missing.map(({ program, files }) => `${program.title} is missing: ${countFiles(files)} left out\n`).join('')}` +
    `To run them: npm test -- --install, or install ${packages}\n`
  process.stdout.write(leftOut)
  if (patterns.length > 0 && !values.install) total = addCounts(total, { ...NOTHING, failed: out.size })
  const suites = chosen
    .map((suite) => ({ ...suite, files: suite.files.filter((file) => !out.has(file)) }))
    .filter((suite) => suite.files.length > 0)
  return { suites, leftOut }
}

function countFiles({ length }: readonly string[]): string {
  return `${length} test file${length === 1 ? '' : 's'}`
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value)
}
