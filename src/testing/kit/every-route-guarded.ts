import { INVENTORY, isInventoried } from '../../model/inventory.ts'

/**
 * Fails with the list of routes that have no access word. The application is one that `protect` was called for, or the
 * listener of `nodeListener`; it is put together for this, and nothing is connected.
 */
export async function expectEveryRouteGuarded(app: unknown): Promise<void> {
  if (!isInventoried(app))
    throw new TypeError('expectEveryRouteGuarded(): `protect` was not called for this application')
  const routes = await app[INVENTORY]()
  const silent = routes.filter(({ access }) => access === 'undeclared')
  if (routes.length === 0) throw new Error('there are no routes: is the application put together here?')
  if (silent.length === 0) return
  const lines = silent.map(
    ({ method, path, at }) => `  ${method} ${path}${at ? `  (${at.file}:${at.line})` : ''}`,
  )
  throw new Error(`${silent.length} of ${routes.length} routes have no access word:\n${lines.join('\n')}`)
}
