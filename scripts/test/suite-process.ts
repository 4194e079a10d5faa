// Runs the test files of one suite and sends the counts to the parent. A process of its own, so that a test that
// crashes or blocks it cannot take the counting with it.
import { relative, resolve } from 'node:path'
import { run } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { root } from '../setup/places.mjs'

const MINUTE_MILLISECONDS = 60_000
/** By the kind of run. */
const FILE_LIMITS: Readonly<Record<string, number>> = {
  full: 25 * MINUTE_MILLISECONDS,
  long: 12 * 60 * MINUTE_MILLISECONDS,
}
const FILE_LIMIT_MILLISECONDS =
  FILE_LIMITS[process.env.COUNTERSIGN_TEST_COUNTS ?? ''] ?? 6 * MINUTE_MILLISECONDS
/** Nothing under way and nothing new for so long: a test has left something open, and the run would never end. */
const QUIET_MILLISECONDS = 20_000
/** How many files are named at the end of a run of many. */
const SLOWEST = 15

const [isolation, concurrency, ...files] = process.argv.slice(2)
const paths = files.map((path) => resolve(root, path))

interface Place {
  readonly name: string
  readonly nesting: number
  readonly file?: string | undefined
}

const running = new Map<string, string>()
const keyOf = ({ file = '', nesting, name }: Place) => `${file} ${nesting} ${name}`
const shortName = (path: string) => relative(root, path).replaceAll('\\', '/')
/** A file that fails as a whole is reported under its own path as the name. */
const titleOf = ({ file, name }: Place) =>
  file === undefined || file === name ? shortName(name) : `${shortName(file)}: ${name}`

// Time is up: say what was still at it, which is what the reader wants to know.
process.on('SIGTERM', () => {
  for (const title of running.values()) console.log(`still running: ${title}`)
  process.exit(1)
})

// Where all run in this process, one place suffices for every check; the others name the seed themselves.
const { COUNTERSIGN_SEED: seed } = process.env
if (isolation === 'none' && seed !== undefined) fc.configureGlobal({ seed: Number(seed) })

const stream = run({
  files: paths,
  isolation: isolation === 'none' ? 'none' : 'process',
  ...(isolation === 'none' ? {} : { concurrency: Number(concurrency), timeout: FILE_LIMIT_MILLISECONDS }),
})

const counts = { passed: 0, failed: 0, skipped: 0 }
let heardAt = performance.now()
const hear = () => {
  heardAt = performance.now()
}

stream.on('test:dequeue', (place) => {
  hear()
  running.set(keyOf(place), titleOf(place))
})
stream.on('test:pass', (place) => {
  hear()
  running.delete(keyOf(place))
  if (place.details.type === 'suite') return
  if (place.skip !== undefined && place.skip !== false) {
    const reason = typeof place.skip === 'string' && place.skip !== '' ? place.skip : 'no reason given'
    console.log(`skipped: ${titleOf(place)} (${reason})`)
    counts.skipped += 1
  } else if (paths.includes(place.name)) {
    // A file without any test is a passed test to Node.
    console.log(`FAILED: ${shortName(place.name)} holds no test`)
    counts.failed += 1
  } else {
    counts.passed += 1
  }
})
stream.on('test:fail', (place) => {
  hear()
  running.delete(keyOf(place))
  const { error, type } = place.details
  const byChildren = 'failureType' in error && error.failureType === 'subtestsFailed'
  if (type !== 'suite' || !byChildren) counts.failed += 1
  // The children have been reported.
  if (byChildren) return
  console.log(`FAILED: ${titleOf(place)}${place.line === undefined ? '' : ` (line ${place.line})`}`)
  console.log(indent(inspect(error.cause ?? error, { depth: 5 })))
})
stream.on('test:stdout', ({ message }) => process.stdout.write(message))
stream.on('test:stderr', ({ message }) => process.stderr.write(message))
stream.on('test:diagnostic', ({ message }) => {
  // Node's own closing figures: the parent prints the sum.
  if (!/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(message)) {
    console.log(`note: ${message}`)
  }
})
/** Where the time of a whole run goes. */
const seconds = new Map<string, number>()
stream.on('test:summary', ({ file, duration_ms: milliseconds }) => {
  if (file === undefined) return
  // Of a file that has ended nothing else is told.
  running.delete(keyOf({ file, name: file, nesting: 0 }))
  seconds.set(shortName(file), milliseconds / 1000)
})
stream.on('end', finish)
stream.resume()

if (isolation === 'none') {
  const quiet = () => running.size === 0 && performance.now() - heardAt > QUIET_MILLISECONDS
  setInterval(() => {
    if (!quiet()) return
    console.log(
      `FAILED: all tests ended, and something they left open (${openNow()}) keeps the process alive`,
    )
    counts.failed += 1
    finish()
  }, 1000).unref()
}

function finish(): void {
  const slowest = [...seconds].sort(([, a], [, b]) => b - a).slice(0, SLOWEST)
  if (seconds.size > SLOWEST) {
    console.log(`note: slowest: ${slowest.map(([file, took]) => `${file} ${took.toFixed(1)} s`).join(', ')}`)
  }
  process.once('message', () => process.exit(0))
  process.send?.(counts)
}

function openNow(): string {
  return [...new Set(process.getActiveResourcesInfo())].join(', ')
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ')
}
