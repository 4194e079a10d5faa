import type { InventoryEntry } from '../model/inventory.ts'

/** What the process says that loaded an application: the routes, or in words why there are none. */
export type ChildMessage =
  | { readonly entries: readonly InventoryEntry[] }
  /** `undeclared`: the routes without an access word, where that is what stopped the application. */
  | { readonly problem: string; readonly undeclared?: readonly InventoryEntry[] }
