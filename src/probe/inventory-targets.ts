import type { InventoryEntry } from '../model/inventory.ts'
import { fillPath, isSafe, type Target } from './target.ts'

/** The targets of an application that told its routes. A route that answers to all methods is asked by GET. */
export function inventoryTargets(entries: readonly InventoryEntry[]): Target[] {
  return entries.map(({ method, path, access, query, at }) => {
    const asked = method === '*' || method === 'ALL' ? 'GET' : method.toUpperCase()
    return {
      method: asked,
      path,
      address: fillPath(path) + (query === undefined ? '' : `?${query}`),
      access,
      carriers: ['bearer'],
      ...(isSafe(asked) ? {} : { body: { type: 'application/json', text: '{}' } }),
      at,
    }
  })
}
