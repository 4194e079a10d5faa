import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { doorSources, findDoorProblems, type PackageDoors } from './doors.ts'
import { type ImportGraph, reachedFrom, readImportGraph } from './import-graph.ts'
import { findForbiddenToVerify, findImportCycles, findWrongWay } from './layers.ts'
import { findSecretHandling } from './secret-handling.ts'

/** Files longer than this are listed: look for the second idea in each. */
const LONG_LINES = 300

const FOLDERS = ['src', 'test', 'scripts', 'bench', 'examples']

/** What the repository says of itself. */
export interface Tidiness {
  /** Each one fails the check. */
  readonly problems: readonly string[]
  /** Worth a look; they fail nothing. */
  readonly notices: readonly string[]
}

/** Checks the shape of the tree: import direction, circles, doors, dead files, secrets, lengths. */
export function checkTree(root: string): Tidiness {
  const graph = readImportGraph(root, FOLDERS)
  const doors: PackageDoors = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const verify = reachedFrom(graph, ['src/verify.ts'], (link) => !link.typeOnly)
  const { dead, testedOnly } = findDead(graph, doorSources(doors))
  return {
    problems: [
      ...findWrongWay(graph),
      ...findImportCycles(graph),
      ...findForbiddenToVerify(verify),
      ...findDoorProblems(doors, (path) => graph.has(path)),
      ...dead.map((path) => `nothing reaches ${path}`),
      ...[...graph.keys()].flatMap((path) =>
        findSecretHandling(path, readFileSync(join(root, path), 'utf8')),
      ),
    ],
    notices: [...testedOnly.map((path) => `only tests reach ${path}`), ...findLong(root, [...graph.keys()])],
  }
}

/** Programs of the repository: what an npm script, a person or another program starts by name. */
const PROGRAM = /^(scripts|bench|test)\/(.*\/)?main\.(ts|mjs)$|^scripts\/[^/]+$|^examples\//

function findDead(graph: ImportGraph, doors: readonly string[]) {
  const paths = [...graph.keys()]
  const tests = paths.filter((path) => path.endsWith('.test.ts'))
  const used = reachedFrom(graph, [...doors, ...paths.filter((path) => PROGRAM.test(path))])
  const tested = reachedFrom(graph, tests)
  const unused = paths.filter((path) => !used.has(path))
  return {
    dead: unused.filter((path) => !tested.has(path)),
    testedOnly: unused.filter((path) => path.startsWith('src/') && tested.has(path) && !tests.includes(path)),
  }
}

function findLong(root: string, paths: readonly string[]): string[] {
  return paths
    .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > LONG_LINES)
    .sort((a, b) => b.lines - a.lines)
    .map(({ path, lines }) => `${path} has ${lines} lines`)
}
