import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { inClone } from '../../scripts/setup/places.mjs'
import { findOldNode, pathFrom } from './old-node.ts'

const LIMIT_MILLISECONDS = 240_000

/** A product of a few lines in the place of the real one, so that what is tried here is the start script alone. */
const PRODUCT = `#!/usr/bin/env node
const args: readonly string[] = process.argv.slice(2)
if (args[0] === 'serve') {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      console.log('stopping', signal)
      process.exit(0)
    })
  }
  console.log('serving', process.versions.node, args.slice(1).join(' '))
  if (!args.includes('--once')) setInterval(() => {}, 1000)
} else {
  console.log(args.join(' '), process.cwd())
  process.stdin.pipe(process.stdout)
  process.exitCode = Number(process.env.STATUS ?? 0)
}
`

let folder = ''
let clone = ''
const main = () => join(clone, 'src', 'cli', 'main.ts')

before(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-start-')))
  clone = join(folder, 'a clone')
  for (const path of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts',
    'bin',
  ]) {
    cpSync(inClone(path), join(clone, path), { recursive: true })
  }
  mkdirSync(join(clone, 'src', 'cli'), { recursive: true })
  writeFileSync(main(), PRODUCT)
})
after(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Call {
  readonly command?: string
  readonly cwd?: string
  readonly input?: string
  readonly env?: NodeJS.ProcessEnv
}

function begin(args: readonly string[], { command = 'node', cwd = clone, input = '', env = {} }: Call = {}) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, timeout: LIMIT_MILLISECONDS })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text
  })
  child.stdin.end(input)
  const ended = once(child, 'close').then(([code]): Outcome => ({ code, ...output }))
  return { child, output, ended }
}

const run = (task: string, ...args: readonly string[]) => begin(['scripts/run.mjs', task, ...args]).ended

async function seen(look: () => boolean): Promise<void> {
  for (let tries = 0; tries < 6000 && !look(); tries += 1) await wait(20)
  assert.ok(look(), 'what was waited for did not come')
}

/** Makes the packages look as an interrupted installation leaves them. */
function spoilPackages(): void {
  rmSync(join(clone, 'node_modules', '.countersign-packages'), { force: true })
  rmSync(join(clone, 'node_modules', '.package-lock.json'), { force: true })
}

test('the first start says what it is doing on standard error, and then serves', async () => {
  const { code, stdout, stderr } = await run('start', '--once', 'a b')
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^installing packages \.\.\.$/m)
  assert.match(stderr, /^building: done in/m)
  assert.match(stdout, /^serving \d+\.\d+\.\d+ --once a b\n$/)
})

test('the second start has nothing to do and nothing to say', async (t) => {
  const since = performance.now()
  const { code, stdout, stderr } = await begin(['start', '--silent', '--', '--once'], { command: 'npm' })
    .ended
  t.diagnostic(`second npm start: ${((performance.now() - since) / 1000).toFixed(2)} s`)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^serving/)
  assert.doesNotMatch(stderr, /install|build|fetch/)
})

test('the command line works from anywhere, through a link, and is transparent', async () => {
  const link = join(folder, 'countersign')
  symlinkSync(join(clone, 'bin', 'countersign'), link)
  const call = { command: link, cwd: folder, input: 'from the pipe', env: { STATUS: '7' } }
  const { code, stdout, stderr } = await begin(['users', '--json'], call).ended
  assert.equal(code, 7)
  assert.equal(stdout, `users --json ${folder}\nfrom the pipe`)
  assert.equal(stderr, '')
})

test('a stop signal reaches the server once, and its exit status comes back', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, output, ended } = begin(['scripts/run.mjs', 'start'])
    await seen(() => output.stdout.includes('serving'))
    child.kill(signal)
    const { code, stdout } = await ended
    assert.equal(code, 0)
    assert.equal(stdout.match(/stopping/g)?.length, 1)
  }
})

test('a server started by npm stops when npm is told to stop', async () => {
  const { child, output, ended } = begin(['start', '--silent'], { command: 'npm' })
  await seen(() => output.stdout.includes('serving'))
  child.kill('SIGTERM')
  await ended
  assert.match(output.stdout, /stopping SIGTERM/)
})

test('a changed source is built again, and only that; a test is no source', async () => {
  appendFileSync(main(), "console.error('changed')\n")
  const changed = await run('cli')
  assert.match(changed.stderr, /changed/)
  assert.match(changed.stderr, /building/)
  assert.doesNotMatch(changed.stderr, /installing/)
  writeFileSync(join(clone, 'src', 'cli', 'main.test.ts'), 'export {}\n')
  assert.doesNotMatch((await run('cli')).stderr, /building/)
})

test('a type error is told once and leaves the last build alone', async () => {
  appendFileSync(main(), "const wrong: number = 'text'\nconsole.log(wrong)\n")
  const { code, stdout, stderr } = await run('start', '--once')
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /main\.ts\(\d+,\d+\): error TS2322/)
  assert.doesNotMatch(stderr, /^\s+at /m)
  assert.ok(existsSync(join(clone, 'dist', 'cli', 'main.js')))
  writeFileSync(main(), PRODUCT)
  assert.equal((await run('build')).code, 0)
  assert.deepEqual(
    readdirSync(clone).filter((name) => name.startsWith('.dist')),
    [],
  )
})

test('a removed source is removed from the build', async () => {
  const extra = join(clone, 'src', 'cli', 'extra.ts')
  writeFileSync(extra, 'export {}\n')
  await run('build')
  assert.ok(existsSync(join(clone, 'dist', 'cli', 'extra.js')))
  rmSync(extra)
  await run('build')
  assert.ok(!existsSync(join(clone, 'dist', 'cli', 'extra.js')))
})

test('broken stamps and missing output are made good', async () => {
  writeFileSync(join(clone, 'dist', '.built'), 'garbage')
  assert.match((await run('build')).stderr, /building: done/)
  rmSync(join(clone, 'dist'), { recursive: true })
  assert.match((await run('cli')).stderr, /building: done/)
  // What npm recorded itself is enough to know that the packages are complete.
  writeFileSync(join(clone, 'node_modules', '.countersign-packages'), 'garbage')
  assert.doesNotMatch((await run('build')).stderr, /installing/)
})

test('two runs at once share one installation', async () => {
  spoilPackages()
  const both = await Promise.all([run('build'), run('build')])
  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  )
  assert.equal(both.filter(({ stderr }) => /installing packages: done/.test(stderr)).length, 1)
  assert.equal(both.filter(({ stderr }) => /waiting for another run/.test(stderr)).length, 1)
})

test('a clone whose run was killed in the middle of installing recovers by itself', async () => {
  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    spoilPackages()
    const old = join(clone, 'node_modules', 'of-the-last-installation')
    writeFileSync(old, '')
    const { child, ended } = begin(['scripts/run.mjs', 'build'])
    // npm empties the folder before it fills it.
    await seen(() => !existsSync(old))
    child.kill(signal)
    await ended
    const { code, stdout, stderr } = await run('cli', 'works')
    assert.equal(code, 0, stderr)
    // After a kill npm itself may still run: then its work is waited for, and need not be done again.
    assert.match(stderr, signal === 'SIGKILL' ? /waiting for|installing/ : /installing packages: done/)
    assert.match(stdout, /^works/)
  }
})

test('without the registry there is one message that says what to do, and no stack trace', async () => {
  spoilPackages()
  const env = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_cache: join(folder, 'empty cache') }
  const { code, stdout, stderr } = await begin(['scripts/run.mjs', 'start'], { env }).ended
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /^countersign: Cannot install the packages: .*could not be reached \(ECONNREFUSED\)/m)
  assert.doesNotMatch(stderr, /^\s+at /m)
  assert.equal((await run('build')).code, 0)
})

test('an unknown task is refused with the list of those there are', async () => {
  const { code, stderr } = await run('strat')
  assert.equal(code, 1)
  assert.match(stderr, /^countersign: Name a task: start, /)
})

test('with an old Node at hand a newer one is fetched once, and leftovers of a broken fetch go', async (t) => {
  const old = findOldNode()
  if (old === undefined) return t.skip('there is no Node older than the project needs on the PATH')
  const env = { PATH: pathFrom(old) }
  mkdirSync(join(clone, '.node', 'half-broken'), { recursive: true })
  const first = await begin(['scripts/run.mjs', 'start', '--once'], { env }).ended
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stderr, /fetching Node .*: done in/)
  assert.match(first.stdout, /^serving 24\./)
  assert.equal(readdirSync(join(clone, '.node')).length, 1)
  const second = await begin(['scripts/run.mjs', 'start', '--once'], { env }).ended
  assert.equal(second.stderr, '')
})
