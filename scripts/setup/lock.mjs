import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SetupError } from './setup-error.mjs'

const LOOK_MILLISECONDS = 200
const SIGN_OF_LIFE_MILLISECONDS = 500
/** A holder that gave no sign of life for so long is gone, whatever its process number says. */
const ABANDONED_MILLISECONDS = 60_000
const PATIENCE_SECONDS = 600

/**
 * @typedef {object} LockOptions
 * @property {(pid: string) => void} [onWait] told once, if somebody else holds the lock
 * @property {number} [patienceSeconds]
 * @property {() => Iterable<number>} [helpers] processes working for the holder: while one of them runs, the lock
 *   counts as held although the holder itself was killed
 */

/**
 * Does the work while nobody else who asks for the same lock does theirs. A lock whose holder died is taken over.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {LockOptions} [options]
 * @returns {Promise<T>}
 */
export async function withLock(path, work, options = {}) {
  const { helpers = () => [] } = options
  const id = randomUUID()
  const text = () => [id, hostname(), process.pid, ...helpers()].join(' ')
  const isMine = () => look(path)?.id === id

  await take(path, text(), options)
  const remove = () => void (isMine() && unlinkSync(path))
  const sign = setInterval(() => void (isMine() && writeFileSync(path, text())), SIGN_OF_LIFE_MILLISECONDS)
  process.on('exit', remove)
  try {
    return await work()
  } finally {
    clearInterval(sign)
    process.off('exit', remove)
    remove()
  }
}

/**
 * @param {string} path
 * @param {string} text
 * @param {LockOptions} options
 */
async function take(path, text, { onWait, patienceSeconds = PATIENCE_SECONDS }) {
  mkdirSync(dirname(path), { recursive: true })
  const since = performance.now()
  let told = false
  while (!create(path, text)) {
    const holder = look(path)
    if (holder === undefined) continue
    if (isGone(holder)) {
      takeAway(path, holder.id)
      continue
    }
    const [pid = ''] = holder.pids
    if (performance.now() - since > patienceSeconds * 1000) {
      throw new SetupError(
        `Another run (process ${pid}) has been preparing this clone for over ${patienceSeconds} s. End it, then run the same command again.`,
      )
    }
    if (!told) onWait?.(pid)
    told = true
    await wait(LOOK_MILLISECONDS)
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
    const [id = '', host = '', ...pids] = readFileSync(path, 'utf8').split(' ')
    return { id, host, pids, quietMilliseconds: Date.now() - statSync(path).mtimeMs }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** @param {{ host: string, pids: string[], quietMilliseconds: number }} holder */
function isGone({ host, pids, quietMilliseconds }) {
  return quietMilliseconds > ABANDONED_MILLISECONDS || (host === hostname() && !pids.some(isAlive))
}

/** @param {string} pid */
function isAlive(pid) {
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
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
      if (look(aside)?.id !== dead) linkSync(aside, path)
    } finally {
      unlinkSync(aside)
    }
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(codeOf(error) ?? '')) throw error
  }
}

/** @param {unknown} error @returns {string | undefined} */
function codeOf(error) {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
