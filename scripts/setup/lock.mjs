import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SetupError } from './setup-error.mjs'

const LOOK_MILLISECONDS = 200
const SIGN_OF_LIFE_MILLISECONDS = 2000
/** A holder that gave no sign of life for so long is gone, whatever its process number says. */
const ABANDONED_MILLISECONDS = 60_000
const PATIENCE_SECONDS = 600

/**
 * Does the work while nobody else who asks for the same lock does theirs. A lock whose holder died is taken over.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {{ onWait?: (holder: string) => void, patienceSeconds?: number }} [options]
 * @returns {Promise<T>}
 */
export async function withLock(path, work, { onWait, patienceSeconds = PATIENCE_SECONDS } = {}) {
  mkdirSync(dirname(path), { recursive: true })
  const mine = `${process.pid} ${hostname()} ${Date.now()}`
  const since = performance.now()
  let told = false
  while (!create(path, mine)) {
    const holder = look(path)
    if (holder === undefined) continue
    if (isGone(holder)) {
      takeAway(path, holder.text)
      continue
    }
    if (performance.now() - since > patienceSeconds * 1000) {
      throw new SetupError(
        `Another run (process ${holder.pid}) has been preparing this clone for over ${patienceSeconds} s. End it, then run the same command again.`,
      )
    }
    if (!told) onWait?.(holder.pid)
    told = true
    await wait(LOOK_MILLISECONDS)
  }
  const remove = () => void (look(path)?.text === mine && unlinkSync(path))
  const sign = setInterval(() => touch(path), SIGN_OF_LIFE_MILLISECONDS)
  process.on('exit', remove)
  try {
    return await work()
  } finally {
    clearInterval(sign)
    process.off('exit', remove)
    remove()
  }
}

/** @param {string} path @param {string} text */
function create(path, text) {
  try {
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** @param {string} path */
function look(path) {
  try {
    const text = readFileSync(path, 'utf8')
    const [pid = '', host = ''] = text.split(' ')
    return { text, pid, host, quietMilliseconds: Date.now() - statSync(path).mtimeMs }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** @param {{ pid: string, host: string, quietMilliseconds: number }} holder */
function isGone({ pid, host, quietMilliseconds }) {
  if (quietMilliseconds > ABANDONED_MILLISECONDS) return true
  if (host !== hostname()) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return codeOf(error) === 'ESRCH'
  }
}

/**
 * Two may find the same dead lock; the slower of them must not take away the new one of the faster. So it is moved
 * aside first, and put back if it is not the one that was found dead.
 * @param {string} path @param {string} dead
 */
function takeAway(path, dead) {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
    try {
      if (readFileSync(aside, 'utf8') !== dead) linkSync(aside, path)
    } finally {
      unlinkSync(aside)
    }
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(codeOf(error) ?? '')) throw error
  }
}

/** @param {string} path */
function touch(path) {
  try {
    const now = new Date()
    utimesSync(path, now, now)
  } catch {
    // Taken away after a long sleep of the machine: the work goes on, its renames are safe.
  }
}

/** @param {unknown} error @returns {string | undefined} */
function codeOf(error) {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
