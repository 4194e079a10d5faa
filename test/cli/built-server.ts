import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { builtProgram, root } from '../../scripts/setup/places.mjs'
import { bareEnvironment } from './bare-environment.ts'

/** Brings `dist` up to date, which a run of the tests has done before its first file. */
export function build(): void {
  if (process.env.COUNTERSIGN_TEST_FOLDER !== undefined) return
  execFileSync(process.execPath, [join(root, 'scripts', 'run.mjs'), 'build'], { stdio: 'ignore' })
}

export interface Ended {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Runs as a user who owns nothing. Only root can ask for it. */
  readonly asNobody?: boolean
}

const NOBODY = 65_534

/** Starts the built command line, as a user of the package would. */
export function startProgram(args: readonly string[], { cwd, env = {}, asNobody }: RunOptions): ChildProcess {
  return spawn(process.execPath, [builtProgram, ...args], {
    cwd,
    env: { ...bareEnvironment(), ...env },
    ...(asNobody && { uid: NOBODY, gid: NOBODY }),
  })
}

/** Runs it to its end. */
export async function runProgram(args: readonly string[], options: RunOptions): Promise<Ended> {
  const child = startProgram(args, options)
  child.stdin?.end(options.input ?? '')
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('no pipes')
  const [out, err, [status]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')])
  return { status, out, err }
}

/** A server that said it serves, and everything that it has printed. */
export interface RunningServer {
  readonly url: string
  readonly child: ChildProcess
  said(): string
  /** Asks it to stop; its exit status. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts the server and waits until it says where it is. */
export async function startServer(
  port: number,
  { args = [], ...options }: RunOptions & { readonly args?: readonly string[] },
): Promise<RunningServer> {
  const child = startProgram(['serve', ...args], { ...options, env: { PORT: String(port), ...options.env } })
  let said = ''
  const heard = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk
        if (said.includes('users create') || said.includes('"serving"')) resolve()
      })
    }
    child.once('close', () => reject(new Error(`the server ended: ${said}`)))
  })
  await heard
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    said: () => said,
    async stop(signal = 'SIGTERM') {
      const ended = once(child, 'close')
      child.kill(signal)
      const [status] = await ended
      return status
    },
  }
}
