import { findCycles } from './cycles.ts'
import type { ImportGraph } from './import-graph.ts'

/**
 * The layers of src, lowest first; docs/architecture.md says what each part owns. A file may import from its own layer and
 * from lower ones.
 * A folder inside `store` is a driver, what lies in `store` itself is the contract; files that stand alone in src are
 * doors and the composition root.
 */
export const LAYERS: readonly (readonly string[])[] = [
  // For browsers: it takes nothing of the server's with it.
  ['client'],
  ['base'],
  ['errors', 'model', 'texts'],
  ['audit', 'store', 'keys'],
  [
    'store/*',
    'tokens',
    'revocation',
    'mail',
    'webhooks',
    'login',
    'factors',
    'clients',
    'config',
    'permissions',
    'declaration',
  ],
  ['guard', 'grants', 'authorization'],
  ['http', 'telemetry', 'pages', 'openapi', 'doctor', 'hostile', 'probe', 'endpoints'],
  ['wiring', '*.ts', 'adapters', 'server', 'testing'],
  ['cli'],
]

/** The part of src a file belongs to: a folder, a store driver, or a file that stands alone. */
export function partOf(path: string): string {
  const [, first = '', second, third] = path.split('/')
  return first === 'store' && third !== undefined ? `store/${second}` : first
}

/** The name under which the table above knows a part. */
export function kindOf(part: string): string {
  if (part.startsWith('store/')) return 'store/*'
  return part.endsWith('.ts') ? '*.ts' : part
}

function layerOf(part: string): number {
  return LAYERS.findIndex((parts) => parts.includes(kindOf(part)))
}

const isSource = (path: string) => path.startsWith('src/')
const isTest = (path: string) => path.endsWith('.test.ts')

/** Imports that go up, or out of src, or from the product into its tests. Tests may import what they like. */
export function findWrongWay(graph: ImportGraph): string[] {
  const sources = [...graph].filter(([path]) => isSource(path) && !isTest(path))
  const strangers = new Set(sources.map(([path]) => partOf(path)).filter((part) => layerOf(part) === -1))
  return [
    ...[...strangers].map((part) => `src/${part} has no layer: give it one in scripts/tidy/layers.ts`),
    ...sources.flatMap(([path, links]) =>
      links.flatMap(({ to }) => {
        if (!isSource(to)) return [`${path} imports ${to}, which is not part of the product`]
        if (isTest(to)) return [`${path} imports a test, ${to}`]
        const from = layerOf(partOf(path))
        const up = from !== -1 && layerOf(partOf(to)) > from
        return up ? [`${path} imports upwards: ${to}`] : []
      }),
    ),
  ]
}

/** Files that import one another in a circle, and parts that do. */
export function findImportCycles(graph: ImportGraph): string[] {
  const files = new Map([...graph].map(([path, links]) => [path, new Set(links.map((link) => link.to))]))
  const parts = new Map<string, Set<string>>()
  for (const [path, links] of graph) {
    if (!isSource(path) || isTest(path)) continue
    const mine = parts.get(partOf(path)) ?? new Set()
    parts.set(partOf(path), mine)
    for (const { to } of links) if (isSource(to) && partOf(to) !== partOf(path)) mine.add(partOf(to))
  }
  return [
    ...findCycles(files).map((group) => `files import one another in a circle: ${group.join(', ')}`),
    ...findCycles(parts).map((group) => `parts of src import one another in a circle: ${group.join(', ')}`),
  ]
}

/** What `countersign/verify` may load: a resource server has no database, no login and no server. */
const FOR_VERIFYING = [
  'base',
  'errors',
  'model',
  'keys',
  'tokens',
  'revocation',
  'guard',
  'http',
  'verify.ts',
  'verifier-options.ts',
]

/** Limits are counted in the memory of the process, and there is no database in these. */
const COUNTING = ['src/store/hot/memory.ts', 'src/store/hot/arrival-table.ts']

/** The files among those reached that the verify-only door must not load. */
export function findForbiddenToVerify(reached: ReadonlySet<string>): string[] {
  return [...reached]
    .filter((path) => !FOR_VERIFYING.includes(partOf(path)) && !COUNTING.includes(path))
    .map((path) => `src/verify.ts loads ${path}`)
}
