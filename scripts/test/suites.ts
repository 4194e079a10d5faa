import { matchesGlob } from 'node:path'
import { reachedFrom, readImportGraph } from '../tidy/import-graph.ts'
import { runningOrder } from './running-order.ts'

/** Test files that run together. */
export interface Suite {
  readonly title: string
  /** In the order in which they run. */
  readonly files: readonly string[]
  /** `none`: all files in one process. `process`: each file in a process of its own. */
  readonly isolation: 'none' | 'process'
}

const COUNTS = 'test/counts.ts'
const FOLDERS = ['src', 'scripts', 'test', 'examples']

export interface Choice {
  /** The long tests, and the others that repeat something, with their larger counts; not the ordinary ones. */
  readonly full: boolean
  /** Parts of paths, or globs; a file runs if one fits. None: all files. */
  readonly patterns: readonly string[]
}

/**
 * Which test files run, and how. Tests beside the source are pure enough to share one process; those in `test` start
 * servers, play whole stories or read the environment, and get a process each. The full run is `test/long` and every
 * file whose number of repetitions depends on the run (`test/counts.ts`).
 */
export function chooseSuites(root: string, { full, patterns }: Choice): Suite[] {
  const graph = readImportGraph(root, FOLDERS)
  const all = [...graph.keys()].filter((path) => path.endsWith('.test.ts'))
  const isLong = (path: string) => path.startsWith('test/long/')
  const repeats = (path: string) => reachedFrom(graph, [path]).has(COUNTS)
  const chosen = all.filter((path) => {
    if (patterns.length > 0) return patterns.some((pattern) => fits(path, pattern))
    return full ? isLong(path) || repeats(path) : !isLong(path)
  })
  const besideSource = (path: string) => !/^(test|examples)\//.test(path)
  const suites: Suite[] = [
    { title: 'beside the source', files: chosen.filter(besideSource), isolation: 'none' },
    {
      title: 'with servers of their own',
      files: runningOrder(
        root,
        graph,
        chosen.filter((path) => !besideSource(path)),
      ),
      isolation: 'process',
    },
  ]
  return suites.filter(({ files }) => files.length > 0)
}

function fits(path: string, pattern: string): boolean {
  const plain = pattern.replace(/^\.\//, '')
  return path.includes(plain) || matchesGlob(path, plain)
}

/** The files among these that load this one, directly or not. */
export function filesLoading(root: string, files: readonly string[], target: string): string[] {
  const graph = readImportGraph(root, FOLDERS)
  return files.filter((path) => reachedFrom(graph, [path]).has(target))
}
