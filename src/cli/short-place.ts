import { relative } from 'node:path'
import type { InventoryEntry } from '../model/inventory.ts'

/** Where a route was declared, from the current folder. */
export function shortPlace({ at }: Pick<InventoryEntry, 'at'>): string | undefined {
  return at && `${relative(process.cwd(), at.file)}:${at.line}`
}
