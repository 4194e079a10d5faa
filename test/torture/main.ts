// `npm run torture -- [names] [--only PART] [--long] [--seed N] [--times N] [--json]`: the tortures one after the other,
// and a report.
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { testEnvironment } from '../../scripts/test/environment.ts'
import { seed as seedOfRun } from '../store/seeded.ts'
import { countPassed, type Endured, table } from './report.ts'
import { endure, measure, type Torture } from './torture.ts'
import { tortures } from './tortures.ts'

const USAGE = `Usage: npm run torture -- [names] [--only PART] [--long] [--seed N] [--times N] [--json]

  names      the tortures whose names begin so; all of them where there is none
  --only P   of a torture with parts that part alone; may be given several times
  --long     the largest counts, which take hours
  --seed N   draws what a run with this seed has drawn
  --times N  so many times, or for so many seconds
  --json     the report as JSON

${listed()}`

const PROGRESS_MILLISECONDS = 10_000

const options = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean', default: false },
  long: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true, default: [] },
  seed: { type: 'string' },
  times: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig

const { values, positionals } = read()
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const seed = wholeNumber('--seed', values.seed) ?? seedOfRun
const times = wholeNumber('--times', values.times)
const chosen = choose(positionals, values.only)

// The servers inherit what this process has, and it must not be the settings of whoever runs it.
const clean = testEnvironment(process.env, values.long ? 'long' : 'full')
for (const name of Object.keys(process.env)) if (!(name in clean)) delete process.env[name]

// Nodes that are started from source again and again need not compile it each time.
const compiled = mkdtempSync(join(tmpdir(), 'countersign-compiled-'))
process.env.NODE_COMPILE_CACHE = compiled
process.on('exit', () => rmSync(compiled, { recursive: true, force: true }))
// The first signal ends it with a report of what was done so far, a second one at once.
const cut = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (cut.signal.aborted) process.exit(statusOf(signal))
    cut.abort(signal)
  })
}

let latest = ''
let toldAt = Number.NEGATIVE_INFINITY
const endured: Endured[] = []
for (const torture of chosen) {
  const count = times ?? torture.counts[values.long ? 'long' : 'full']
  process.stderr.write(`${torture.name}: ${torture.title}, ${measure(torture, count)} (seed ${seed})\n`)
  const findings = await endure(torture, {
    count,
    seed,
    only: values.only,
    isLong: values.long,
    isTimed: true,
    cutOff: cut.signal,
    onProgress: (done, what) => progress(torture, done, what ?? `of ${count}`),
  })
  if (process.stderr.isTTY) process.stderr.write('\r')
  for (const violation of findings.violations) console.error(`VIOLATION in ${torture.name}: ${violation}`)
  endured.push({ torture, findings })
  if (cut.signal.aborted) break
}
const { passed, failed } = countPassed(endured)
if (values.json) {
  const reports = endured.map(({ torture: { name, title }, findings }) => ({ name, title, ...findings }))
  const cutOffBy = cut.signal.aborted ? cut.signal.reason : undefined
  console.log(JSON.stringify({ tortures: reports, passed, failed, cutOffBy }, undefined, 2))
} else {
  console.log(`\n${table(endured)}\n\n${passed} passed, ${failed} failed`)
}
if (cut.signal.aborted) {
  const left = chosen.slice(endured.length).map(({ name }) => name)
  const rest = left.length === 0 ? '' : `; not begun: ${left.join(', ')}`
  console.error(`Cut off by ${cut.signal.reason} (seed ${seed}) at "${latest}"${rest}`)
  process.exit(statusOf(cut.signal.reason))
}
process.exit(failed === 0 ? 0 : 1)

function statusOf(signal: 'SIGINT' | 'SIGTERM'): number {
  return 128 + constants.signals[signal]
}

/** On a terminal one line that changes; elsewhere a line now and then, for whoever reads it later. */
function progress({ name }: Torture, done: number, what: string): void {
  const line = `${name}: ${done} ${what}`
  latest = line
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\u001b[K${line} `)
    return
  }
  if (performance.now() - toldAt < PROGRESS_MILLISECONDS) return
  toldAt = performance.now()
  process.stderr.write(`  ${line}\n`)
}

function read() {
  try {
    return parseArgs({ allowPositionals: true, options })
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    process.exit(2)
  }
}

function listed(): string {
  return tortures.map(({ name, title }) => `  ${name.padEnd(20)}${title}`).join('\n')
}

function choose(wanted: readonly string[], only: readonly string[]): readonly Torture[] {
  const unknown = wanted.filter((name) => !tortures.some((torture) => torture.name.startsWith(name)))
  if (unknown.length > 0) {
    console.error(`There is no torture called ${unknown.join(', ')}. There are:\n${listed()}`)
    process.exit(1)
  }
  const named =
    wanted.length === 0
      ? tortures
      : tortures.filter((torture) => wanted.some((name) => torture.name.startsWith(name)))
  if (only.length === 0) return named
  const parts = named.flatMap((torture) => torture.parts ?? [])
  const missing = only.filter((name) => !parts.includes(name))
  if (missing.length > 0) {
    console.error(`There is no part called ${missing.join(', ')}. There are:\n  ${parts.join('\n  ')}`)
    process.exit(1)
  }
  return named.filter((torture) => torture.parts?.some((part) => only.includes(part)))
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,10}$/.test(text)) return Number(text)
  console.error(`${option} is a whole number`)
  process.exit(1)
}
