import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** One place where a file names another file of the project. */
export interface Link {
  /** Path of the named file, from the root of the tree. */
  readonly to: string
  /** True if only types are taken, so that nothing is loaded when the program runs. */
  readonly typeOnly: boolean
}

/** Every source file of the tree with what it names, by path from the root with forward slashes. */
export type ImportGraph = ReadonlyMap<string, readonly Link[]>

const SOURCE = /\.(ts|mts|mjs|js)$/
const NOT_OURS = new Set(['node_modules', 'dist', 'data', 'coverage'])

/** Reads the graph of all source files below these folders of the tree. Missing folders count as empty. */
export function readImportGraph(root: string, folders: readonly string[]): ImportGraph {
  const files = folders.flatMap((folder) => listSources(root, folder))
  const known = new Set(files)
  return new Map(files.map((path) => [path, linksOf(root, path, known)]))
}

function listSources(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (NOT_OURS.has(entry.name) || entry.name.startsWith('.')) return []
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return listSources(root, path)
      return SOURCE.test(entry.name) ? [path] : []
    })
}

function linksOf(root: string, path: string, known: ReadonlySet<string>): Link[] {
  return namedIn(readFileSync(join(root, path), 'utf8')).flatMap(({ name, typeOnly }) => {
    const to = relative(root, join(root, dirname(path), name)).replaceAll('\\', '/')
    const found = [to, `${to}.ts`, to.replace(/\.js$/, '.ts')].find((candidate) => known.has(candidate))
    return found === undefined ? [] : [{ to: found, typeOnly }]
  })
}

// Formatted source only: biome puts every import and export at the start of a line.
const DECLARED = /^(import|export)\s+(type\s)?(?:[^'"`;=]*?\sfrom\s+)?['"](\.[^'"]+)['"]/gm
const LOADED = /\b(?:import|require)\(\s*['"](\.[^'"]+)['"]\s*\)/g
const TYPE_LOADED = /\btypeof import\(\s*['"](\.[^'"]+)['"]\s*\)/g
/** Files that are started rather than imported: workers and child programs. The ending may be chosen at run time. */
const STARTED = /\bnew URL\(\s*['"`](\.[^'"`$]+)(?:\$\{[^}]*\})?['"`],\s*import\.meta\.url/g
const STARTED_BY_FOLDER = /\bimport\.meta\.dirname,\s*['"]([^'"]+)['"]/g

/** The relative names a source text mentions. By pattern, not by parser: comments are taken out, strings are not. */
export function namedIn(text: string): { readonly name: string; readonly typeOnly: boolean }[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
  const loaded = code.replace(TYPE_LOADED, '')
  return [
    ...[...code.matchAll(DECLARED)].map((match) => ({
      name: match[3] ?? '',
      typeOnly: match[2] !== undefined,
    })),
    ...[...code.matchAll(TYPE_LOADED)].map((match) => ({ name: match[1] ?? '', typeOnly: true })),
    ...[LOADED, STARTED, STARTED_BY_FOLDER].flatMap((pattern) =>
      [...loaded.matchAll(pattern)].map((match) => ({ name: match[1] ?? '', typeOnly: false })),
    ),
  ]
}

/** All files that can be reached from these, they included. `follow` says which links count. */
export function reachedFrom(
  graph: ImportGraph,
  starts: readonly string[],
  follow: (link: Link) => boolean = () => true,
): ReadonlySet<string> {
  const reached = new Set<string>()
  const open = [...starts]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    for (const link of graph.get(path) ?? []) if (follow(link)) open.push(link.to)
  }
  return reached
}
