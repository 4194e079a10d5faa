import { spawn } from 'node:child_process'
import { constants } from 'node:os'

const OUTPUT_LIMIT = 256 * 1024
const ORPHAN_MILLISECONDS = 500

/**
 * @typedef {object} Ended
 * @property {number | null} code exit status, null if a signal ended it
 * @property {string} output the last part of what it wrote to both outputs
 * @property {boolean} overtime true if it was stopped because its time was up
 */

/** @type {Set<number>} */
const running = new Set()

/** The process numbers of the steps under way. */
export const runningSteps = () => running.values()

/**
 * Runs one step without a terminal and with a time limit, and keeps what it wrote. The step is a process group of its
 * own where the system has them, so that nothing it started outlives the limit or an interrupted task.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, limitSeconds: number, env?: NodeJS.ProcessEnv, shell?: boolean }} options
 * @returns {Promise<Ended>}
 */
export function runStep(command, args, { cwd, limitSeconds, env = process.env, shell = false }) {
  return new Promise((resolve, reject) => {
    const ownGroup = process.platform !== 'win32'
    const child = spawn(command, args, {
      cwd,
      env,
      shell,
      detached: ownGroup,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (child.pid !== undefined) running.add(child.pid)
    let output = ''
    let overtime = false
    const keep = (/** @type {string} */ text) => {
      output = (output + text).slice(-OUTPUT_LIMIT)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    const kill = () => endGroup(child.pid, ownGroup)
    const interrupted = (/** @type {NodeJS.Signals} */ signal) => {
      kill()
      process.exit(128 + constants.signals[signal])
    }
    const timer = setTimeout(() => {
      overtime = true
      kill()
    }, limitSeconds * 1000)
    const release = () => {
      clearTimeout(timer)
      if (child.pid !== undefined) running.delete(child.pid)
      process.off('exit', kill)
      for (const signal of SIGNALS) process.off(signal, interrupted)
    }
    process.on('exit', kill)
    for (const signal of SIGNALS) process.on(signal, interrupted)
    child.on('error', (error) => {
      release()
      reject(error)
    })
    child.on('close', (code) => {
      release()
      resolve({ code, output, overtime })
    })
  })
}

/** @type {readonly NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** @param {number | undefined} pid @param {boolean} ownGroup */
function endGroup(pid, ownGroup) {
  if (pid === undefined) return
  try {
    process.kill(ownGroup ? -pid : pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

/**
 * Hands the terminal over to the program itself and ends as it ended. Never returns.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<never>}
 */
export function handOver(command, args, env) {
  return new Promise((_, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env })
    // A terminal sends Ctrl-C to the whole foreground group: the program has it already, and a second one would
    // read as "stop at once, not gracefully".
    const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
    process.on('SIGINT', () => void (onTerminal || child.kill('SIGINT')))
    process.on('SIGTERM', () => void child.kill('SIGTERM'))
    process.on('SIGHUP', () => void child.kill('SIGHUP'))
    // npm puts a shell between itself and us and passes signals on to the shell alone, which dies and tells nobody.
    const parent = process.ppid
    if (process.env.npm_lifecycle_event !== undefined) {
      setInterval(() => void (process.ppid !== parent && child.kill('SIGTERM')), ORPHAN_MILLISECONDS)
    }
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (signal === null) process.exit(code ?? 1)
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
      // Some signals cannot end us this way (those a parent ignores): say it by status instead.
      setTimeout(() => process.exit(128 + constants.signals[signal]), 100)
    })
  })
}
