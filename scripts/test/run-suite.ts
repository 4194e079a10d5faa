import { fork } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../setup/places.mjs'
import { addCounts, type Counts, NOTHING, ranAny } from './counts.ts'
import type { Suite } from './suites.ts'

/** Two for each core we count on: most files wait for servers, timers or other processes some of the time. */
const CONCURRENCY = 4
const LAST_WORDS_MILLISECONDS = 3000

export interface RunOptions {
  readonly limitSeconds: number
  readonly env: NodeJS.ProcessEnv
  /** Takes what would go to the terminal. */
  readonly report?: (text: string) => void
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
  const remove = () => rmSync(temporary, { recursive: true, force: true, maxRetries: 3 })
  const removeAtExit = () => {
    try {
      remove()
    } catch {
      // A disk of a test's own is still mounted there: its keeper takes it away, now that the test is gone.
    }
  }
  process.on('exit', removeAtExit)
  try {
    const { counts = NOTHING, problem } = await runProcess(suite, temporary, options)
    const found = problem ?? (ranAny(counts) ? undefined : 'ran no test')
    if (found === undefined) return counts
    const report = options.report ?? ((text) => void process.stdout.write(text))
    report(`FAILED: the run of the tests ${suite.title} ${found}\n`)
    return addCounts(counts, FAILED)
  } finally {
    process.off('exit', removeAtExit)
    remove()
  }
}

interface Ended {
  readonly counts?: Counts | undefined
  readonly problem?: string
}

function runProcess(
  { files, isolation }: Suite,
  temporary: string,
  { limitSeconds, env, report }: RunOptions,
): Promise<Ended> {
  return new Promise((resolve) => {
    const output = report === undefined ? 'inherit' : 'pipe'
    const program = join(import.meta.dirname, 'suite-process.ts')
    const child = fork(program, [isolation, String(CONCURRENCY), ...files], {
      cwd: root,
      // Node marks the processes of its own tests, and would not run tests inside one.
      // What one process has compiled the next ones need not: each file loads much the same sources.
      env: {
        ...env,
        TMPDIR: temporary,
        COUNTERSIGN_TEST_FOLDER: temporary,
        NODE_COMPILE_CACHE: join(temporary, 'compiled'),
        NODE_TEST_CONTEXT: undefined,
      },
      stdio: ['ignore', output, output, 'ipc'],
      detached: true,
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => report?.(text))
    }
    const killAll = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // Gone already.
      }
    }
    let counts: Counts | undefined
    let overtime = false
    const timer = setTimeout(() => {
      overtime = true
      child.kill('SIGTERM')
      setTimeout(killAll, LAST_WORDS_MILLISECONDS).unref()
    }, limitSeconds * 1000)
    // Before their folder is removed: what is being written cannot go.
    process.prependListener('exit', killAll)
    child.on('message', (message) => {
      counts = readCounts(message)
      // The child waits for this, so that its end cannot overtake its counts.
      child.send('heard', () => {})
    })
    child.on('exit', () => {
      clearTimeout(timer)
      process.off('exit', killAll)
      killAll()
    })
    child.on('close', (code, signal) => {
      if (overtime) resolve({ problem: `took longer than ${limitSeconds.toFixed(0)} s and was stopped` })
      else if (counts === undefined) resolve({ problem: `ended early (${signal ?? `status ${code}`})` })
      else resolve({ counts })
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
