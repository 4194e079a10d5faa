import type { Gate } from '../guard/gate.ts'
import { INVENTORY, type InventoryEntry } from '../model/inventory.ts'

/** What became of an application that is guarded. */
export interface Protection {
  /** Connects, and rejects with an UndeclaredRoutesError if a route has no access word. */
  ready(): Promise<void>
  /** Every route with its word. Waits until the application has been put together; connects nothing. */
  routes(): Promise<readonly InventoryEntry[]>
}

/** Throws a TypeError that says what was mistaken, before anything is changed about the application. */
export function checkProtect(app: unknown, auth: unknown): void {
  if (isGated(app)) throw new TypeError('protect(app, auth): the application comes first')
  if (!isObject(app)) throw new TypeError('protect(app, auth): the first argument is no application')
  checkGated(auth, 'protect(app, auth)')
  if (Object.hasOwn(app, INVENTORY)) {
    throw new TypeError('protect(app, auth): it was called for this application before')
  }
}

/** Throws a TypeError that says what was mistaken. `call` is how the application asked. */
export function checkGated(auth: unknown, call: string): void {
  if (isGated(auth)) return
  const isPromise = isObject(auth) && typeof (auth as { then?: unknown }).then === 'function'
  const why = isPromise ? 'a promise of it: await that first' : 'something else'
  throw new TypeError(`${call}: auth is what createAuth or createVerifier returned, and this is ${why}`)
}

function isGated(value: unknown): value is { readonly gate: Gate } {
  return isObject(value) && isObject((value as { gate?: unknown }).gate)
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
