// `npm run torture -- [names] [--long] [--seed N] [--times N]`: the tortures one after the other, and a report.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { testEnvironment } from '../../scripts/test/environment.ts'
import { seed as seedOfRun } from '../store/seeded.ts'
import { endure, type Findings, inWords, measure, type Torture } from './torture.ts'
import { tortures } from './tortures.ts'

const USAGE = `Usage: npm run torture -- [names] [--long] [--seed N] [--times N]

  names      the tortures whose names begin so; all of them where there is none
  --long     the largest counts, which take hours
  --seed N   draws what a run with this seed has drawn
  --times N  so many times, or for so many seconds

${listed()}`

const options = {
  help: { type: 'boolean', short: 'h' },
  long: { type: 'boolean', default: false },
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
const chosen = choose(positionals)

// The servers inherit what this process has, and it must not be the settings of whoever runs it.
const clean = testEnvironment(process.env, values.long ? 'long' : 'full')
for (const name of Object.keys(process.env)) if (!(name in clean)) delete process.env[name]

const endured: [Torture, Findings][] = []
for (const torture of chosen) {
  const count = times ?? torture.counts[values.long ? 'long' : 'full']
  const onProgress = (done: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${torture.name}: ${done} of ${count} `)
  }
  process.stderr.write(`${torture.name}: ${torture.title}, ${measure(torture, count)} (seed ${seed})\n`)
  const findings = await endure(torture, { count, seed, onProgress })
  if (process.stderr.isTTY) process.stderr.write('\r')
  for (const violation of findings.violations) console.log(`VIOLATION in ${torture.name}: ${violation}`)
  endured.push([torture, findings])
}
console.log('\n| torture | count | seed | violations | seconds | seen |\n|---|---|---|---|---|---|')
for (const [torture, { count, violations, seconds, notes }] of endured) {
  console.log(
    `| ${torture.name} | ${measure(torture, count)} | ${seed} | ${violations.length} | ${seconds.toFixed(1)} | ${inWords(notes)} |`,
  )
}
const failed = endured.filter(([, { violations }]) => violations.length > 0).length
console.log(`\n${endured.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

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

function choose(names: readonly string[]): readonly Torture[] {
  const unknown = names.filter((name) => !tortures.some((torture) => torture.name.startsWith(name)))
  if (unknown.length > 0) {
    console.error(`There is no torture called ${unknown.join(', ')}. There are:\n${listed()}`)
    process.exit(1)
  }
  return names.length === 0
    ? tortures
    : tortures.filter((torture) => names.some((name) => torture.name.startsWith(name)))
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,10}$/.test(text)) return Number(text)
  console.error(`${option} is a whole number`)
  process.exit(1)
}
