import type { InventoryEntry } from '../model/inventory.ts'

/** What became of an application that is guarded. */
export interface Protection {
  /** Connects, and rejects with an UndeclaredRoutesError if a route has no access word. */
  ready(): Promise<void>
  /** Every route with its word. Waits until the application has been put together; connects nothing. */
  routes(): Promise<readonly InventoryEntry[]>
}
