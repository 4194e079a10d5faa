import { TrieRouter } from 'hono/router/trie-router'
import type { Method, ServedRoute } from './route.ts'

/** What a path comes to: its route and the path's variable parts, or the methods it does answer to. */
export type Match =
  | { readonly route: ServedRoute; readonly params: Readonly<Record<string, string>> }
  | { readonly allow: readonly Method[] }

export interface Router {
  find(method: string, path: string): Match
  /** Whether any method finds a route there. */
  has(path: string): boolean
}

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

const NO_PARAMS = Object.freeze({})

/** Finds the route of a request. The guard reads the route that was found, so it cannot see another path. */
export function createRouter(routes: readonly ServedRoute[]): Router {
  // Nearly all requests go to paths without variable parts: to look one up costs a tenth of taking it apart.
  const fixed = new Map<string, Map<string, ServedRoute>>()
  const variable = new TrieRouter<ServedRoute>()
  for (const route of routes) {
    const { method, path } = route
    if (path.includes('{')) variable.add(method, path.replace(/\{(\w+)\}/g, ':$1'), route)
    else fixed.set(path, (fixed.get(path) ?? new Map<string, ServedRoute>()).set(method, route))
  }
  // Most requests of an application that embeds the issuer are not the issuer's.
  const beginnings = new Set(routes.flatMap(({ path }) => (path.includes('{') ? beginningOf(path) : [])))

  const mayVary = (path: string): boolean => beginnings.has(beginningOf(path))

  const match = (method: string, path: string) => {
    const route = fixed.get(path)?.get(method)
    if (route !== undefined) return { route, params: NO_PARAMS }
    if (!mayVary(path)) return undefined
    // This router hands parameters over by name; the other form of a result belongs to another router.
    const found = variable.match(method, path)[0][0] as [ServedRoute, Record<string, string>] | undefined
    return found && { route: found[0], params: { ...found[1] } }
  }
  const methodsOf = (path: string) => METHODS.filter((method) => match(method, path) !== undefined)
  return {
    find: (method, path) => match(method === 'HEAD' ? 'GET' : method, path) ?? { allow: methodsOf(path) },
    has: (path) => fixed.has(path) || (mayVary(path) && methodsOf(path).length > 0),
  }
}

/** `/users/me` → `/users`. No route has a variable there. */
function beginningOf(path: string): string {
  const end = path.indexOf('/', 1)
  return end === -1 ? path : path.slice(0, end)
}
