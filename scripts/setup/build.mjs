import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { runStep } from './child.mjs'
import { packagesFingerprint } from './packages.mjs'
import { inClone, root } from './places.mjs'
import { SetupError } from './setup-error.mjs'

const LIMIT_SECONDS = 180
const target = inClone('dist')
/** The stamp lies inside what it vouches for, so it comes and goes with it. package.json keeps it out of the package. */
const stampPath = join(target, '.built')

/** The pages of the API documents, from a package that is needed at build time only. Its licence goes along. */
const SWAGGER_UI = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'oauth2-redirect.html',
  'oauth2-redirect.js',
  'swagger-ui-bundle.js.LICENSE.txt',
  'LICENSE',
  'NOTICE',
]

/**
 * Node looks up the package of each module that it loads, and takes in all of that package's `exports` each time: six
 * hundred times at a start. Of the nearest package.json it asks no more than this.
 */
const NEAREST = { type: 'module', sideEffects: false }

/** True if `dist` is what building the present sources would give. Costs a few milliseconds. */
export function built() {
  try {
    return readFileSync(stampPath, 'utf8') === sourcesFingerprint()
  } catch {
    return false
  }
}

/**
 * Names the state of everything the build reads, by path, size and time of change: an older file put in the place of a
 * newer one counts as a change too.
 */
function sourcesFingerprint() {
  const hash = createHash('sha256').update(packagesFingerprint())
  for (const path of [...sourceFiles(), inClone('tsconfig.json'), inClone('tsconfig.build.json')]) {
    const { size, mtimeMs } = statSync(path)
    hash.update(`${relative(root, path)} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

/** @param {string} [folder] @returns {string[]} */
function sourceFiles(folder = inClone('src')) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return sourceFiles(path)
      return entry.name.endsWith('.test.ts') ? [] : [path]
    })
}

/**
 * Builds `dist` anew beside the old one and changes places at the end: a build that is interrupted or finds a type
 * error leaves the old one as it was, and what a removed source left behind goes.
 * @param {string} node the Node to build with
 */
export async function build(node) {
  const fingerprint = sourcesFingerprint()
  for (const left of readdirSync(root).filter((name) => name.startsWith('.dist-'))) {
    rmSync(join(root, left), { recursive: true, force: true })
  }
  // As deep as `dist`, so that the source maps find the sources.
  const next = inClone(`.dist-next-${process.pid}`)
  const old = inClone(`.dist-old-${process.pid}`)
  try {
    await compile(node, next)
    copyAssets(next)
    writeFileSync(join(next, 'package.json'), JSON.stringify(NEAREST))
    writeFileSync(join(next, '.built'), fingerprint)
    if (existsSync(target)) renameSync(target, old)
    renameSync(next, target)
  } finally {
    rmSync(next, { recursive: true, force: true })
    rmSync(old, { recursive: true, force: true })
  }
}

/** @param {string} node @param {string} into */
async function compile(node, into) {
  const tsc = inClone('node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '-p', inClone('tsconfig.build.json'), '--outDir', into, '--pretty', 'false']
  const ended = await runStep(node, args, { cwd: root, limitSeconds: LIMIT_SECONDS })
  if (ended.overtime) throw new SetupError(`The build took longer than ${LIMIT_SECONDS} s and was stopped.`)
  if (ended.code !== 0) throw new SetupError(`The build failed:\n${ended.output.trim()}`)
}

/** @param {string} into */
function copyAssets(into) {
  for (const path of sourceFiles().filter((name) => !name.endsWith('.ts'))) {
    copy(path, join(into, relative(inClone('src'), path)))
  }
  for (const name of SWAGGER_UI) {
    copy(inClone('node_modules', 'swagger-ui-dist', name), join(into, 'openapi', 'swagger-ui', name))
  }
}

/** @param {string} from @param {string} to */
function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, to)
}
