import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { findFreePort } from '../servers/free-port.ts'
import { execute, type Packed } from './packed.ts'

/** What `npx countersign serve` serves, in a folder that was empty. */
export interface NpxServer {
  readonly url: string
  readonly folder: string
  /** Ctrl-C; fulfilled when no process is left that could say something. */
  stop(): Promise<void>
}

/** Runs `npx countersign serve` from the tarball, as a user of the registry would, and waits until it says how to go on. */
export async function serveByNpx(packed: Packed): Promise<NpxServer> {
  const folder = packed.emptyFolder('served')
  const cache = packed.emptyFolder('npx-cache')
  // The packages that this user has, and a place of its own for what npx makes of them.
  const usual = join((await execute(folder, 'npm', 'config', 'get', 'cache')).trim(), '_cacache')
  if (existsSync(usual)) symlinkSync(usual, join(cache, '_cacache'))
  const port = await findFreePort()
  const { PATH = '', HOME = '' } = process.env
  const npx = spawn(
    'npx',
    ['--yes', '--prefer-offline', `--package=${packed.tarball}`, 'countersign', 'serve'],
    {
      cwd: folder,
      env: {
        // The Node that runs the tests; the one of this machine may be too old for the package.
        PATH: `${dirname(process.execPath)}${delimiter}${PATH}`,
        HOME,
        PORT: String(port),
        npm_config_cache: cache,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: what Ctrl-C reaches on a terminal.
      detached: true,
    },
  )
  const ended = once(npx, 'close')
  const signal = (name: NodeJS.Signals): void => {
    if (npx.pid !== undefined && npx.exitCode === null && npx.signalCode === null)
      process.kill(-npx.pid, name)
  }
  const killAll = () => signal('SIGKILL')
  process.once('exit', killAll)
  let said = ''
  const heard = new Promise<void>((resolve, reject) => {
    for (const stream of [npx.stdout, npx.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk
        if (said.includes('npx countersign users create')) resolve()
      })
    }
    npx.once('error', reject)
    npx.once('close', () => reject(new Error(`npx ended: ${said}`)))
  })
  await heard
  return {
    url: `http://127.0.0.1:${port}`,
    folder,
    async stop() {
      signal('SIGINT')
      await ended
      process.off('exit', killAll)
    },
  }
}
