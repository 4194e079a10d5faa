import { Access, anyone } from '../model/access.ts'
import { joinAccess } from '../model/access-join.ts'

/**
 * Words by path, for routes that say nothing themselves, as those of a plugin: `/docs/*` (what lies below, and `/docs`
 * itself), `/metrics` (exactly that), `OPTIONS *` (with a method, and a `*` that the route itself is written with). What
 * is said of GET is said of HEAD.
 */
export type PathWords = Readonly<Record<string, Access>>

/** The word for a route as it was declared; the longest path that covers it counts, in its own letters or in any case. */
export type FindPathWord = (method: string, path: string, inAnyCase?: 'in any case') => Access | undefined

interface Row {
  readonly method: string | undefined
  /** The path, or what all paths below begin with. */
  readonly path: string
  readonly below: boolean
  readonly access: Access
}

/** Throws a TypeError on a value that is no access word, or a path that is none. */
export function readPathWords(words: PathWords = {}): FindPathWord {
  const rows = Object.entries(words)
    .map(([key, access]) => readRow(key, access))
    // With a method before without, long before short.
    .sort(
      (a, b) =>
        b.path.length - a.path.length || Number(a.method === undefined) - Number(b.method === undefined),
    )
  if (rows.length === 0) return findNone
  const lower = rows.map((row) => ({ ...row, path: row.path.toLowerCase() }))
  const find: FindPathWord = (method, path, inAnyCase) =>
    (inAnyCase ? lower : rows).find(
      (row) =>
        (row.method === undefined || row.method === method) &&
        covers(row, inAnyCase ? path.toLowerCase() : path),
    )?.access
  // HEAD is GET without the body (RFC 9110 section 9.3.2), and Fastify adds one to each by itself.
  return (method, path, inAnyCase) =>
    find(method, path, inAnyCase) ?? (method === 'HEAD' ? find('GET', path, inAnyCase) : undefined)
}

const findNone: FindPathWord = () => undefined

/**
 * Stops the start where words go by how routes are declared: one that asks for something and covers none would be a
 * protection that somebody believes in, be it misspelt or meant for a part of what a wider route serves.
 */
export function refuseIdleRows(
  words: PathWords = {},
  routes: readonly { readonly method: string; readonly path: string }[],
): void {
  const idle = Object.entries(words).filter(([key, access]) => {
    const row = readRow(key, access)
    return (
      access !== anyone &&
      !routes.some(({ method, path }) => (row.method ?? method) === method && covers(row, path))
    )
  })
  if (idle.length > 0) {
    throw new TypeError(
      `paths: no route is declared at or below ${idle.map(([key]) => key).join(', ')}, so nobody would be asked for this word`,
    )
  }
}

function readRow(key: string, access: Access): Row {
  const [, method, path = ''] = /^(?:([A-Z]+) )?(\/\S*|\*)$/.exec(key) ?? []
  if (path === '')
    throw new TypeError(`paths: ${JSON.stringify(key)} is not a path such as /docs/* or GET /docs`)
  if (!Access.is(access)) throw new TypeError(`paths: ${key} has no access word`)
  const below = path.endsWith('/*')
  return { method, path: below ? path.slice(0, -1) : path, below, access }
}

function covers({ path, below }: Row, asked: string): boolean {
  return below ? asked.startsWith(path) || asked === path.slice(0, -1) : asked === path
}

/**
 * The word for a request that no route answers to. Whoever serves it may decode and tidy the path before looking, on disks
 * that take one case for the other, so each reading of it has to have a word, and all of them must hold.
 */
export function wordForRequest(find: FindPathWord, method: string, path: string): Access | undefined {
  if (find === findNone) return undefined
  const tidy = tidiedPath(path)
  if (tidy === undefined) return undefined
  const words = [find(method, path), find(method, tidy), find(method, tidy, 'in any case')]
  const known = words.filter((word) => word !== undefined)
  return known.length === words.length ? joinAccess([...new Set(known)]) : undefined
}

/** Decoded, with single slashes and without dots; undefined where that cannot be done or leads out. */
export function tidiedPath(path: string): string | undefined {
  try {
    const parts: string[] = []
    for (const part of decodeURIComponent(path).split(/[\\/]+/)) {
      if (part === '..') parts.pop()
      else if (part !== '.') parts.push(part)
    }
    return `/${parts.filter((part) => part !== '').join('/')}`
  } catch {
    return undefined
  }
}
