import type { OpenApiEvidence } from './evidence.ts'

type Record_ = Readonly<Record<string, unknown>>

/** One operation of an OpenAPI document. */
export interface Operation {
  readonly method: string
  readonly path: string
  readonly operation: Record_
  /** Its own `security`, else the document's; undefined where neither says anything. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[] | undefined
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

export function operationsOf({ document }: OpenApiEvidence): readonly Operation[] {
  const paths = objectOf(document.paths)
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(objectOf(item)).flatMap(([method, operation]) => {
      if (!METHODS.includes(method)) return []
      const own = objectOf(operation).security ?? document.security
      const security = Array.isArray(own) ? (own as Operation['security']) : undefined
      return [{ method: method.toUpperCase(), path, operation: objectOf(operation), security }]
    }),
  )
}

/** Security schemes by name, of OpenAPI 3 or Swagger 2. */
export function schemesOf({ document }: OpenApiEvidence): Readonly<Record<string, Record_>> {
  const found = objectOf(document.components).securitySchemes ?? document.securityDefinitions
  return objectOf(found) as Readonly<Record<string, Record_>>
}

/** The address that paths of the document are below, as a client resolves it. */
export function serverUrl({ document, url }: OpenApiEvidence): URL | undefined {
  const [first] = Array.isArray(document.servers) ? document.servers : []
  const base = objectOf(first).url ?? document.basePath
  const absolute = URL.parse(url)
  if (absolute === null) return undefined
  if (typeof base !== 'string') return new URL('/', absolute)
  return URL.parse(base, absolute.href) ?? undefined
}

/**
 * A path template matches a path that was asked for, below whatever prefix. By segments and without an expression: the
 * template is a stranger's, and one with many variables in a segment would take minutes.
 */
export function matchesPath(template: string, path: string): boolean {
  const wanted = segmentsOf(template)
  const asked = segmentsOf(path)
  const from = asked.length - wanted.length
  return from >= 0 && wanted.every((segment, index) => matchesSegment(segment, asked[from + index] ?? ''))
}

function segmentsOf(path: string): string[] {
  return path.replace(/^\//, '').replace(/\/$/, '').split('/')
}

/** What stands before the first variable and behind the last one is compared, and whatever is between them is not. */
function matchesSegment(template: string, segment: string): boolean {
  const parts = template.split(/\{[^}]+\}|:\w+/)
  const [first = ''] = parts
  const last = parts.at(-1) ?? ''
  if (parts.length === 1) return template === segment
  return segment.length > first.length + last.length && segment.startsWith(first) && segment.endsWith(last)
}

export function objectOf(value: unknown): Record_ {
  return typeof value === 'object' && value !== null ? (value as Record_) : {}
}

/** A schema, behind its reference where it is one. */
export function resolveSchema(
  { document }: OpenApiEvidence,
  schema: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { $ref } = schema
  if (typeof $ref !== 'string' || !$ref.startsWith('#/')) return schema
  return objectOf(
    $ref
      .slice(2)
      .split('/')
      .reduce<unknown>((value, name) => objectOf(value)[name], document),
  )
}
