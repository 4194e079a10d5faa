import { spawnSync } from 'node:child_process'
import { homedir, tmpdir } from 'node:os'
import { dirname } from 'node:path'

/** Against what hangs: it takes a blink, and on a machine with two dozen at work it has taken half a minute. */
const LIMIT_MILLISECONDS = 300_000

/** Places of this machine that no tracked file may name: this clone, the folder it lies in, and the home folder. */
export function machinePlaces(root: string, home = homedir(), temporary = tmpdir()): string[] {
  const parent = dirname(root)
  const places = [root, parent, home].filter((place) => place !== '/' && place !== temporary && place !== '')
  return [...new Set(places)]
}

/** Tracked lines that name a place of this machine. */
export function findMachinePaths(root: string, places = machinePlaces(root)): string[] {
  const names = places.map((place) => place.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  if (names.length === 0) return []
  const pattern = `(^|[^A-Za-z0-9_.-])(${names.join('|')})(/|$|[^A-Za-z0-9_.-])`
  return grep(root, pattern, ['.', ':!package-lock.json']).map(
    (line) => `names a path of this machine: ${line}`,
  )
}

/** Loose ends and silenced checks: written with a bracket each, so that this file does not find itself. */
const LOOSE_ENDS = [
  '\\b(TOD[O]|FIXM[E])\\b',
  '@ts-(ignor[e]|nochec[k])',
  'biome-ignor[e]',
  '\\b(describe|it|test|suite)\\.(onl[y]|ski[p]|tod[o])\\(',
  '\\{ *(onl[y]|ski[p]|tod[o]): *true',
].join('|')

/** Tracked lines of code that leave something for later or silence a check. */
export function findLooseEnds(root: string): string[] {
  return grep(root, LOOSE_ENDS, ['src', 'test', 'scripts', 'bench', 'examples']).map(
    (line) => `silences a check or leaves a loose end: ${line}`,
  )
}

function grep(root: string, pattern: string, paths: readonly string[]): string[] {
  const args = ['-C', root, 'grep', '-nIE', '-e', pattern, '--', ...paths]
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    encoding: 'utf8',
    timeout: LIMIT_MILLISECONDS,
  })
  // Status 1: nothing found.
  if (status !== 0 && status !== 1) throw new Error(`git grep failed: ${error?.message ?? stderr}`)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(0, 160))
}
