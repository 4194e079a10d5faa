import { fork } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../setup/places.mjs'
import { addCounts, type Counts, NOTHING, ranAny } from './counts.ts'
import type { Suite } from './suites.ts'

const CONCURRENCY = 2
const LAST_WORDS_MILLISECONDS = 3000

export interface RunOptions {
  readonly limitSeconds: number
  readonly env: NodeJS.ProcessEnv
}

const FAILED: Counts = { ...NOTHING, failed: 1 }

/**
 * Runs the files of a suite and answers the counts. Counts one more failure if the run was stopped, crashed, or ran no
 * test at all. The folder for temporary files is the run's own and goes with it.
 */
export async function runSuite(suite: Suite, options: RunOptions): Promise<Counts> {
  const temporary = mkdtempSync(join(tmpdir(), 'countersign-test-'))
  // Servers that refuse to run as root reach their own folder through this one.
  chmodSync(temporary, 0o711)
  try {
    const { counts, problem } = await runProcess(suite, temporary, options)
    if (counts === undefined) return say(problem ?? 'ended without telling its counts', FAILED)
    if (!ranAny(counts)) return say('ran no test', addCounts(counts, FAILED))
    return counts
  } finally {
    rmSync(temporary, { recursive: true, force: true, maxRetries: 3 })
  }

  function say(problem: string, counts: Counts): Counts {
    console.log(`FAILED: the run of the tests ${suite.title} ${problem}`)
    return counts
  }
}

interface Ended {
  readonly counts?: Counts
  readonly problem?: string
}

function runProcess(
  { files, isolation }: Suite,
  temporary: string,
  { limitSeconds, env }: RunOptions,
): Promise<Ended> {
  return new Promise((resolve) => {
    const program = join(import.meta.dirname, 'suite-process.ts')
    const child = fork(program, [isolation, String(CONCURRENCY), ...files], {
      cwd: root,
      env: { ...env, TMPDIR: temporary },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
    })
    const killAll = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // Gone already.
      }
    }
    let counts: Counts | undefined
    let problem: string | undefined
    const timer = setTimeout(() => {
      problem = `took longer than ${limitSeconds.toFixed(0)} s and was stopped`
      child.kill('SIGTERM')
      setTimeout(killAll, LAST_WORDS_MILLISECONDS)
    }, limitSeconds * 1000)
    process.on('exit', killAll)
    child.on('message', (message) => {
      counts = readCounts(message)
    })
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      process.off('exit', killAll)
      killAll()
      if (problem !== undefined) resolve({ problem })
      else if (counts !== undefined) resolve({ counts })
      else resolve({ problem: `ended early (${signal ?? `status ${code}`})` })
    })
  })
}

function readCounts(message: unknown): Counts | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  if (!('passed' in message && 'failed' in message && 'skipped' in message)) return undefined
  const { passed, failed, skipped } = message
  if (typeof passed !== 'number' || typeof failed !== 'number' || typeof skipped !== 'number')
    return undefined
  return { passed, failed, skipped }
}
