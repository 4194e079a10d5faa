import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { root } from '../../scripts/setup/places.mjs'
import { findFreePort } from '../servers/free-port.ts'

const LIMIT_MILLISECONDS = 600_000

interface Step {
  readonly word: string
  readonly rest: string
}

/** The instructions of a Dockerfile; of its language no more is understood than ours uses. */
function stepsOf(text: string): Step[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [word = '', ...rest] = line.split(' ')
      return { word, rest: rest.join(' ') }
    })
}

interface Stage {
  /** What is `/` in the image. */
  readonly folder: string
  workdir: string
  readonly env: Record<string, string>
  entrypoint: string[]
  healthcheck: string[]
}

/** Carries the instructions out in an empty folder for each stage, and answers with the last. */
function runDockerfile(folder: string, context: string, steps: readonly Step[]): Stage {
  const stages = new Map<string, Stage>()
  let stage: Stage | undefined
  for (const { word, rest } of steps) {
    if (word === 'FROM') {
      const name = / AS (\w+)$/.exec(rest)?.[1] ?? 'last'
      stage = { folder: join(folder, name), workdir: '/', env: {}, entrypoint: [], healthcheck: [] }
      mkdirSync(stage.folder)
      stages.set(name, stage)
      continue
    }
    assert.ok(stage, 'a Dockerfile begins with FROM')
    const here = join(stage.folder, stage.workdir)
    switch (word) {
      case 'WORKDIR':
        stage.workdir = rest
        mkdirSync(join(stage.folder, rest), { recursive: true })
        break
      case 'ENV':
        for (const pair of rest.split(' ')) {
          const [name = '', value = ''] = pair.split('=')
          stage.env[name] = value
        }
        break
      case 'COPY': {
        const [, from] = /^--from=(\w+) /.exec(rest) ?? []
        const paths = rest.replace(/^--from=\w+ /, '').split(' ')
        const target = join(here, paths.pop() ?? '')
        const source = from === undefined ? context : (stages.get(from)?.folder ?? '')
        for (const path of paths) {
          const found = join(source, path)
          const into = path !== '.' && (paths.length > 1 || !statSync(found).isDirectory())
          cpSync(found, into ? join(target, basename(path)) : target, {
            recursive: true,
            verbatimSymlinks: true,
          })
        }
        break
      }
      case 'RUN': {
        // Owners are given by root alone.
        const command = process.getuid?.() === 0 ? rest : rest.replace(/ && chown \S+ \S+/, '')
        const { PATH = '', HOME = '' } = process.env
        execFileSync('sh', ['-ec', command], {
          cwd: here,
          env: { PATH: `${dirname(process.execPath)}:${PATH}`, HOME, ...stage.env },
          timeout: LIMIT_MILLISECONDS,
          stdio: ['ignore', 'ignore', 'pipe'],
        })
        break
      }
      case 'ENTRYPOINT':
      case 'CMD':
        stage.entrypoint.push(...JSON.parse(rest))
        break
      case 'HEALTHCHECK':
        stage.healthcheck = JSON.parse(rest.replace(/^(--\S+ )*CMD /, ''))
        break
      default:
        assert.ok(['USER', 'EXPOSE'].includes(word), `the test does not know ${word}`)
    }
  }
  assert.ok(stage)
  return stage
}

/** What git has, less what .dockerignore leaves out. */
function copyContext(folder: string): void {
  const listed = execFileSync('git', [
    '-C',
    root,
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
  ])
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  for (const path of listed.toString().split('\0')) {
    if (path === '' || ignored.includes(path.split('/')[0] ?? '') || !existsSync(join(root, path))) continue
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(root, path), join(folder, path))
  }
}

function start(t: TestContext, stage: Stage, args: readonly string[], env: Record<string, string>) {
  const [, ...entrypoint] = stage.entrypoint
  const child = spawn(process.execPath, args.length > 0 ? [entrypoint[0] ?? '', ...args] : entrypoint, {
    cwd: join(stage.folder, stage.workdir),
    env: { ...stage.env, ...env },
  })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  return { child, said: () => said }
}

test('the Dockerfile, line by line in empty folders, makes a program that migrates, serves and finds itself healthy', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-image-'))
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const context = join(folder, 'context')
  copyContext(context)
  const steps = stepsOf(readFileSync(join(root, 'deploy/docker/Dockerfile'), 'utf8'))
  const stage = runDockerfile(folder, context, steps)
  // Nothing that runs may lean on the stage that built it.
  rmSync(join(folder, 'build'), { recursive: true })
  rmSync(context, { recursive: true })
  const app = join(stage.folder, stage.workdir)
  for (const name of ['pg', 'ioredis', 'hono']) assert.ok(existsSync(join(app, 'node_modules', name)), name)
  for (const name of ['typescript', 'playwright-core']) {
    assert.ok(!existsSync(join(app, 'node_modules', name)), `${name} is for building alone`)
  }
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(join(app, 'node_modules/.package-lock.json'), 'utf8')).packages
  for (const [path, { version }] of Object.entries<{ version: string }>(installed)) {
    assert.equal(version, lock[path]?.version, `${path} as the lock file says`)
  }

  const port = await findFreePort()
  const secret = join(folder, 'secret-key')
  writeFileSync(secret, randomBytes(32).toString('base64url'), { mode: 0o600 })
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    ISSUER: 'https://auth.example.com',
    SECRET_KEY_FILE: secret,
  }
  const migrated = start(t, stage, ['migrate'], env)
  const [status] = await once(migrated.child, 'close')
  assert.equal(status, 0, migrated.said())
  const server = start(t, stage, [], env)
  while (!server.said().includes('"serving"')) {
    assert.equal(server.child.exitCode, null, server.said())
    await Promise.race([once(server.child.stdout, 'data'), once(server.child, 'close')])
  }
  assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
  const [, ...check] = stage.healthcheck
  execFileSync(process.execPath, check, { env: { PORT: String(port) }, timeout: LIMIT_MILLISECONDS })
  const ended = once(server.child, 'close')
  server.child.kill('SIGTERM')
  assert.equal((await ended)[0], 0)
  assert.throws(() => execFileSync(process.execPath, check, { env: { PORT: String(port) }, stdio: 'ignore' }))
})
