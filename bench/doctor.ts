import { spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { diagnose } from '../src/doctor/diagnose.ts'

/**
 * How long `doctor token` takes: the whole command beside a Node that does nothing, so that the difference is its own; the
 * processor time of the command, in which others on the machine have no part; and the look itself within this process. With
 * a good token, and with one that nothing fits, for which everything is tried.
 */
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const RUNS = 15
/** At its end the command says how much processor time it took. Microseconds. */
const TELLS_ITS_TIME =
  "data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();process.stderr.write('\\n'+(user+system))})"

interface Taken {
  readonly milliseconds: number
  readonly processorMilliseconds: number
}
const LOOKS = 200

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k-1', alg: 'ES256', use: 'sig' }
const seconds = Math.floor(Date.now() / 1000)
const claims = { iss: 'https://id.example.com', aud: 'api', sub: 'u', iat: seconds, exp: seconds + 600 }
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const input = `${part({ alg: 'ES256', kid: 'k-1', typ: 'at+jwt' })}.${part(claims)}`
const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
const good = `${input}.${signature.toString('base64url')}`
const bad = `${part({ alg: 'HS256' })}.${part(claims)}.${randomBytes(32).toString('base64url')}`
const secret = randomBytes(40).toString('base64')

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
try {
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const withKeys = [
    'doctor',
    'token',
    file('good', good),
    '--jwks',
    file('jwks', JSON.stringify({ keys: [jwk] })),
  ]
  const withSecret = ['doctor', 'token', file('bad', bad), '--secret-file', file('secret', secret)]
  const bare = [file('bare.cjs', '')]
  const commands = { bare, good: [MAIN, ...withKeys], bad: [MAIN, ...withSecret] }
  const times = { bare: [] as Taken[], good: [] as Taken[], bad: [] as Taken[] }
  for (const args of Object.values(commands)) await run(args)
  for (let round = 0; round < RUNS; round++) {
    for (const name of ['bare', 'good', 'bad'] as const) times[name].push(await run(commands[name]))
  }
  const own = (name: 'good' | 'bad') => median(wall(times[name])) - median(wall(times.bare))
  console.log(`Node ${process.versions.node}, ${RUNS} runs in turn, milliseconds\n`)
  console.log('| `doctor token` | whole command | its own (bound: 300) | its processor time | the look |')
  console.log('|---|---|---|---|---|')
  console.log(row('a good token, a key set', times.good, own('good'), lookTime(good, { keys: [jwk] })))
  console.log(row('one that nothing fits, a secret', times.bad, own('bad'), lookTime(bad, { secret })))
  console.log(
    `\nA Node that does nothing: ${median(wall(times.bare)).toFixed(0)}, of the processor ${median(times.bare.map(({ processorMilliseconds }) => processorMilliseconds)).toFixed(0)}`,
  )
} finally {
  rmSync(folder, { recursive: true })
}

function row(what: string, taken: readonly Taken[], own: number, look: number): string {
  const processor = median(taken.map(({ processorMilliseconds }) => processorMilliseconds))
  return `| ${what} | ${median(wall(taken)).toFixed(0)} | ${own.toFixed(0)} | ${processor.toFixed(0)} | ${look.toFixed(2)} |`
}

function wall(taken: readonly Taken[]): number[] {
  return taken.map(({ milliseconds }) => milliseconds)
}

async function run(args: readonly string[]): Promise<Taken> {
  const began = performance.now()
  const child = spawn(process.execPath, ['--import', TELLS_ITS_TIME, ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = await text(child.stderr)
  const milliseconds = performance.now() - began
  return { milliseconds, processorMilliseconds: Number(said.trim().split('\n').at(-1)) / 1000 }
}

/** Milliseconds a look, in processor time. */
function lookTime(token: string, config: object): number {
  const evidence = {
    tokens: [{ text: token }],
    config: { issuer: claims.iss, audience: claims.aud, ...config },
  }
  for (let index = 0; index < LOOKS; index++) diagnose(evidence, seconds)
  const since = process.cpuUsage()
  for (let index = 0; index < LOOKS; index++) diagnose(evidence, seconds)
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1000 / LOOKS
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
