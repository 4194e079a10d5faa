import type { AccessData, InventoryEntry } from '../model/inventory.ts'
import { type Carrier, fillPath, isSafe, type Target } from './target.ts'

/** The targets of an application that told its routes. A route that answers to all methods is asked by GET. */
export function inventoryTargets(entries: readonly InventoryEntry[]): Target[] {
  return entries.map(({ method, path, access, query, at }) => {
    const asked = method === '*' || method === 'ALL' ? 'GET' : method.toUpperCase()
    return {
      method: asked,
      path,
      address: fillPath(path) + (query === undefined ? '' : `?${query}`),
      access,
      carriers: carriersOf(access),
      ...(isSafe(asked) ? {} : { body: { type: 'application/json', text: '{}' } }),
      at,
    }
  })
}

/** A token at a route that takes none is no good credential, and says nothing when it is refused. */
function carriersOf(access: AccessData): Carrier[] {
  const via = typeof access === 'object' ? access.needs.via : undefined
  if (via === undefined) return ['bearer']
  return [...new Set(via.map((name) => (name === 'bearer' || name === 'basic' ? name : 'other')))]
}
