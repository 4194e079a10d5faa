// `npm run simulate`: services that only verify, by the thousand, and how they learn what was revoked.
import { parseArgs } from 'node:util'
import { seed as seedOfRun } from '../store/seeded.ts'
import { BOUND_MILLISECONDS, type Outcome, type Scene, simulate } from './simulation.ts'

const USAGE = `Usage: npm run simulate -- [options]

Without options several scenes, one after the other; with any of these one scene:
  --verifiers N     services that only verify (1000)
  --nodes N         nodes of the issuer (3)
  --way WAY         poll: a question that waits for news; stream: an event stream beside questions (poll)
  --seconds N       of simulated time (20)
  --revocations N   a second (1)
  --live N          entries that are there at the start (200)
  --lost SHARE      of questions whose answer never comes (0)
  --node-fails      one node does not answer for a third of the time

  --seed N          the same course again
  --json            for programs`

const { values } = read()
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const seed = number('seed', seedOfRun)
const usual: Scene = {
  verifiers: 1000,
  nodes: 3,
  way: 'poll',
  seconds: 20,
  revocationsASecond: 1,
  liveEntries: 200,
  lostShare: 0,
  nodeFails: false,
  seed,
}
const SCENES: readonly Partial<Scene>[] = [
  { verifiers: 100 },
  { verifiers: 1000 },
  { verifiers: 3000 },
  { verifiers: 5000 },
  { verifiers: 2000, way: 'stream' },
  { verifiers: 1000, lostShare: 0.01 },
  { verifiers: 1000, nodeFails: true },
  { verifiers: 500, revocationsASecond: 20 },
]

const outcomes: Outcome[] = []
for (const scene of asksForOne() ? [ownScene()] : SCENES) {
  const outcome = await simulate({ ...usual, ...scene })
  outcomes.push(outcome)
  if (!values.json) {
    if (outcomes.length === 1) console.log(heading())
    console.log(row(outcome))
  }
}
if (values.json) console.log(JSON.stringify({ seed, scenes: outcomes }, undefined, 2))
const idle = outcomes.filter(({ revocations }) => revocations === 0).length
if (idle > 0) {
  console.error(`Nothing was revoked in ${idle} of ${outcomes.length} scenes, so nothing was shown: take more than 5 seconds, of
which the last five are for what is on its way, or more revocations.`)
}
const violations = outcomes.reduce((sum, one) => sum + one.violations, 0)
if (!values.json) console.log(`\n${violations} violations; seed ${seed}`)
process.exit(violations === 0 && idle === 0 ? 0 : 1)

function heading(): string {
  return [
    `From the commit of a revocation to the memory of each verifier; the bound is ${BOUND_MILLISECONDS} ms.`,
    'Feed, answers and tables are those that are shipped; database, network and time are simulated.\n',
    '| verifiers | nodes | way | revocations/s | fault | delay, ms: p50 | p99 | most | too old | memory each, KiB | up, B/s each | down, B/s each | asked of the nodes, /s | of the database, /s |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|',
  ].join('\n')
}

function row(one: Outcome): string {
  const fault = one.nodeFails ? 'a node fails' : one.lostShare > 0 ? `${100 * one.lostShare} % lost` : ''
  const cells = [
    one.verifiers,
    one.nodes,
    one.way,
    one.revocationsASecond,
    fault,
    Math.round(one.delay.p50),
    Math.round(one.delay.p99),
    Math.round(one.delay.most),
    `${(100 * one.staleShare).toFixed(1)} %`,
    (one.bytesAVerifier / 1024).toFixed(0),
    Math.round(one.bytesUpASecond / one.verifiers),
    Math.round(one.bytesDownASecond / one.verifiers),
    Math.round(one.questionsASecond),
    Math.round(one.databaseQuestionsASecond),
  ]
  return `| ${cells.join(' | ')} |`
}

function asksForOne(): boolean {
  return Object.keys(values).some((name) => name !== 'seed' && name !== 'json')
}

function ownScene(): Partial<Scene> {
  if (values.way !== undefined && values.way !== 'poll' && values.way !== 'stream')
    fail('--way is poll or stream')
  const lostShare = number('lost', 0)
  if (lostShare > 1) fail('--lost is a share, at most 1')
  return {
    verifiers: number('verifiers', usual.verifiers),
    nodes: number('nodes', usual.nodes),
    way: values.way ?? usual.way,
    seconds: number('seconds', usual.seconds),
    revocationsASecond: number('revocations', usual.revocationsASecond),
    liveEntries: number('live', usual.liveEntries),
    lostShare,
    nodeFails: values['node-fails'] ?? false,
  }
}

function number(name: Exclude<keyof typeof values, 'json' | 'help' | 'node-fails'>, usually: number): number {
  const text = values[name]
  if (text === undefined) return usually
  if (!/^\d{1,10}(\.\d+)?$/.test(text)) fail(`--${name} is a number`)
  return Number(text)
}

function read() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', short: 'h' },
        verifiers: { type: 'string' },
        nodes: { type: 'string' },
        way: { type: 'string' },
        seconds: { type: 'string' },
        revocations: { type: 'string' },
        live: { type: 'string' },
        lost: { type: 'string' },
        'node-fails': { type: 'boolean' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function fail(problem: string): never {
  console.error(`${problem}\n\n${USAGE}`)
  process.exit(2)
}
