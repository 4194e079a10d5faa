import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { runNpm } from './npm.mjs'
import { inClone, root } from './places.mjs'
import { SetupError } from './setup-error.mjs'

const LIMIT_SECONDS = 300

/** @returns {string} */
function lockFile() {
  return readFileSync(inClone('package-lock.json'), 'utf8')
}

/** The stamp lies inside what it vouches for: whoever removes the packages removes it too. */
const stampPath = inClone('node_modules', '.countersign-packages')

/** Names the set of packages the lock file asks for. */
export function packagesFingerprint() {
  return createHash('sha256').update(lockFile()).digest('hex')
}

/** True if the packages the lock file asks for are installed. Costs a millisecond when they are. */
export function packagesInstalled() {
  const wanted = packagesFingerprint()
  if (read(stampPath) === wanted) return true
  const installed = read(inClone('node_modules', '.package-lock.json'))
  if (installed === undefined || !satisfies(lockFile(), installed)) return false
  writeStamp(wanted)
  return true
}

/**
 * Does what somebody installed by hand hold what the lock file asks for? npm writes its own record of the folder last,
 * so the record stands for complete packages.
 * @param {string} lock package-lock.json
 * @param {string} record node_modules/.package-lock.json
 */
export function satisfies(lock, record) {
  try {
    /** @type {Record<string, { version?: string, integrity?: string, optional?: boolean }>} */
    const wanted = JSON.parse(lock).packages
    /** @type {typeof wanted} */
    const present = JSON.parse(record).packages
    // Optional packages are those of other platforms, which npm leaves out.
    return (
      Object.entries(wanted).every(
        ([path, entry]) => path === '' || path in present || entry.optional === true,
      ) &&
      Object.entries(present).every(
        ([path, entry]) =>
          wanted[path]?.version === entry.version && wanted[path]?.integrity === entry.integrity,
      )
    )
  } catch {
    return false
  }
}

/** Installs exactly what the lock file says. No package's own script runs, whatever the npm settings are. */
export async function installPackages() {
  const wanted = packagesFingerprint()
  refuseLink(inClone('node_modules'))
  await runNpm(
    [
      'ci',
      '--ignore-scripts',
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
      '--no-engine-strict',
      '--loglevel=error',
    ],
    { cwd: root, limitSeconds: LIMIT_SECONDS, doing: 'install the packages' },
  )
  writeStamp(wanted)
}

/**
 * `npm ci` empties the folder first, through a link too: that would be the packages of another clone.
 * @param {string} path
 */
export function refuseLink(path) {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new SetupError(
      `${path} is a link, and installing would empty the folder it leads to. Remove the link, then run the same command again.`,
    )
  }
}

/** @param {string} text */
function writeStamp(text) {
  const aside = `${stampPath}.${process.pid}`
  writeFileSync(aside, text)
  renameSync(aside, stampPath)
}

/** @param {string} path @returns {string | undefined} */
function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
