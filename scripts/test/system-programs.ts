import { setTimeout as wait } from 'node:timers/promises'
import {
  authlib,
  chromiumBrowser,
  findProgram,
  nginxServer,
  openidcModule,
  type Program,
  pgBouncer,
  postgresServer,
  prometheusServer,
  promtool,
  pythonRequests,
  redisServer,
  systemdAnalyze,
} from '../../test/servers/programs.ts'
import { runStep } from '../setup/child.mjs'
import { root } from '../setup/places.mjs'
import type { Progress } from '../setup/progress.mjs'
import { filesLoading, type Suite } from './suites.ts'

const INSTALL_SECONDS = 300
const TRIES = 3
const PAUSE_MILLISECONDS = 5000

/** A program that is not here, and the test files that need it. */
export interface Missing {
  readonly program: Program
  readonly files: readonly string[]
}

const NEEDED_BY: readonly (readonly [file: string, program: Program])[] = [
  ['test/servers/postgres.ts', postgresServer],
  ['test/servers/redis.ts', redisServer],
  ['test/servers/chromium.ts', chromiumBrowser],
  ['test/servers/nginx.ts', nginxServer],
  ['test/servers/promtool.ts', promtool],
  ['test/servers/prometheus.ts', prometheusServer],
  ['test/servers/systemd-analyze.ts', systemdAnalyze],
  ['test/servers/pgbouncer.ts', pgBouncer],
  ['test/servers/apache.ts', openidcModule],
  ['test/servers/authlib.ts', authlib],
  ['test/servers/authlib.ts', pythonRequests],
]

/** The programs that these suites need and this machine lacks. */
export function findMissing(suites: readonly Suite[]): Missing[] {
  const files = suites.flatMap((suite) => suite.files)
  return NEEDED_BY.filter(([, program]) => findProgram(program) === undefined)
    .map(([starter, program]) => ({ program, files: filesLoading(root, files, starter) }))
    .filter((missing) => missing.files.length > 0)
}

/**
 * Installs Debian's packages: those that are optional by themselves, so that they cannot keep the others away. What is
 * missing after that and not optional has its tests fail with the reason.
 * @param missing what `findMissing` found
 */
export async function installMissing(missing: readonly Missing[], progress: Progress): Promise<void> {
  const packages = missing.filter(({ program }) => !program.optional)
  if (packages.length > 0) await installPackages(packages, progress, TRIES)
  for (const one of missing) if (one.program.optional) await installPackages([one], progress, 1)
}

/** Whether the list of packages was fetched, for others to go on with. */
let isListed = false

async function installPackages(
  missing: readonly Missing[],
  progress: Progress,
  mostTries: number,
): Promise<boolean> {
  const names = missing.map(({ program }) => program.debianPackage)
  const install = ['install', '-y', '--no-install-recommends', ...names]
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const done = await progress.during(`installing ${names.join(', ')}`, async () => {
      isListed ||= await aptGet(['update'])
      // A list that is out of date is one reason why packages cannot be had.
      isListed &&= await aptGet(install)
      return isListed
    })
    if (done) return true
    if (tries < mostTries) await wait(PAUSE_MILLISECONDS)
  }
  return false
}

async function aptGet(args: readonly string[]): Promise<boolean> {
  const asRoot = process.getuid?.() === 0
  const [command = '', ...before] = asRoot ? ['apt-get'] : ['sudo', '-n', 'apt-get']
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { cwd: root, limitSeconds: INSTALL_SECONDS, env }
  const { code, output } = await runStep(command, [...before, '-q', ...args], options).catch((error) => ({
    code: 1,
    output: String(error),
  }))
  if (code !== 0) process.stderr.write(`${output.trim().split('\n').slice(-5).join('\n')}\n`)
  return code === 0
}
