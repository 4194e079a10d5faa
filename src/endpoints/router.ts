import { TrieRouter } from 'hono/router/trie-router'
import type { Method, ServedRoute } from './route.ts'

/** What a path comes to: its route and the path's variable parts, or the methods it does answer to. */
export type Match =
  | { readonly route: ServedRoute; readonly params: Readonly<Record<string, string>> }
  | { readonly allow: readonly Method[] }

export type Router = (method: string, path: string) => Match

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Finds the route of a request. The guard reads the route that was found, so it cannot see another path. */
export function createRouter(routes: readonly ServedRoute[]): Router {
  const router = new TrieRouter<ServedRoute>()
  for (const route of routes) router.add(route.method, route.path.replace(/\{(\w+)\}/g, ':$1'), route)

  // This router hands parameters over by name; the other form of a result belongs to another router.
  const find = (method: string, path: string) =>
    router.match(method, path)[0][0] as [ServedRoute, Record<string, string>] | undefined
  // Most requests of an application that embeds the issuer are not the issuer's.
  const beginnings = new Set(routes.map(({ path }) => beginningOf(path)))
  return (method, path) => {
    if (!beginnings.has(beginningOf(path))) return { allow: [] }
    const found = find(method === 'HEAD' ? 'GET' : method, path)
    if (found !== undefined) return { route: found[0], params: { ...found[1] } }
    return { allow: METHODS.filter((other) => find(other, path) !== undefined) }
  }
}

/** `/users/me` → `/users`. No route has a variable there. */
function beginningOf(path: string): string {
  const end = path.indexOf('/', 1)
  return end === -1 ? path : path.slice(0, end)
}
