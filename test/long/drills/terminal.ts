import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { root } from '../../../scripts/setup/places.mjs'
import { findFreePort } from '../../servers/free-port.ts'
import { DRILLS } from './page.ts'

export interface Ran {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

export interface Server {
  readonly url: string
  readonly child: ChildProcess
  said(): string
  /** Its exit status. */
  stop(): Promise<number | null>
}

/** An operator at a folder with an environment: types what the page says, and starts servers. */
export interface Terminal {
  readonly folder: string
  /** Which release `npx countersign` is from now on. */
  use(release: string): void
  /** The commands of the page under this name. */
  type(drill: string, env?: Readonly<Record<string, string>>): Promise<Ran>
  serve(env?: Readonly<Record<string, string>>, args?: readonly string[]): Promise<Server>
  /** A start that comes to nothing. */
  serveInVain(env?: Readonly<Record<string, string>>): Promise<Ran>
}

/** Which blocks of the page were typed by anybody in this process. */
export const typed = new Set<string>()

/** In production, as operators are; the folder and the servers go with the test. */
export function openTerminal(t: TestContext, env: Readonly<Record<string, string>>): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-drill-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const servers: ChildProcess[] = []
  t.after(() => {
    for (const server of servers) if (server.exitCode === null) server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  const { PATH = '' } = process.env
  const surroundings = {
    PATH: `${bin}:${dirname(process.execPath)}:${PATH}`,
    NODE_ENV: 'production',
    RATE_LIMITS: 'off',
    // On a machine full of other tests nobody looks at the revocations in time.
    MAX_STALENESS_SECONDS: '300',
    ...env,
  }
  let program = ''
  const use = (release: string): void => {
    program = join(release, 'dist/cli/main.js')
    writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec node ${program} "$@"\n`)
    chmodSync(join(bin, 'npx'), 0o755)
  }
  use(root)
  const run = async (command: string, args: readonly string[], more: Readonly<Record<string, string>>) => {
    const child = spawn(command, args, { cwd: folder, env: { ...surroundings, ...more } })
    child.stdin.end()
    const [out, err, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { status, out, err }
  }

  return {
    folder,
    use,
    async type(drill, more = {}) {
      const commands = DRILLS.get(drill)
      if (commands === undefined) throw new Error(`docs/operations.md has no commands called ${drill}`)
      typed.add(drill)
      return run('bash', ['-euo', 'pipefail', '-c', commands], more)
    },
    async serve(more = {}, args = []) {
      const port = await findFreePort()
      const url = `http://127.0.0.1:${port}`
      const child = spawn(process.execPath, [program, 'serve', ...args], {
        cwd: folder,
        env: { ...surroundings, PORT: String(port), ISSUER: ISSUER, ...more },
      })
      servers.push(child)
      let said = ''
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          said += chunk
          if (said.includes('"serving"')) resolve()
        })
      }
      child.once('close', () => reject(new Error(`the server ended: ${said}`)))
      await promise
      return {
        url,
        child,
        said: () => said,
        async stop() {
          const ended = once(child, 'close')
          child.kill('SIGTERM')
          const [status] = await ended
          return status
        },
      }
    },
    async serveInVain(more = {}) {
      const port = await findFreePort()
      return run(process.execPath, [program, 'serve'], { PORT: String(port), ISSUER, ...more })
    },
  }
}

/** One issuer, whichever server answers for it. */
const ISSUER = 'http://127.0.0.1:8000'
