import type { CallSite } from '../base/call-site.ts'
import type { Access } from '../model/access.ts'
import { accessData, type InventoryEntry } from '../model/inventory.ts'

/** A route with the word that counts for it, undefined if there is none. */
export interface DeclaredRoute {
  readonly method: string
  readonly path: string
  readonly access: Access | undefined
  readonly at?: CallSite | undefined
  /** It stands before `protect`, which cannot see its word. */
  readonly isEarly?: boolean
}

/** Stops the start: these routes have no access word, so that nobody may call them. */
export class UndeclaredRoutesError extends Error {
  override readonly name = 'UndeclaredRoutesError'
  readonly code = 'ROUTE_UNDECLARED'
  readonly routes: readonly DeclaredRoute[]

  constructor(routes: readonly DeclaredRoute[]) {
    const widest = Math.max(...routes.map(({ method }) => method.length))
    const lines = routes.map(({ method, path, at, isEarly }) => {
      const early = isEarly ? '  (stands before protect, which comes first)' : ''
      const place = at === undefined ? early : `  (${at.file}:${at.line})`
      return `  ${method.padEnd(widest)} ${path}${place}`
    })
    super(
      `${routes.length === 1 ? 'a route has' : `${routes.length} routes have`} no access word:\n${lines.join('\n')}\n` +
        'Give each one a word (`anyone` is one); `paths` gives words to routes that are not yours.',
    )
    this.routes = routes
  }
}

/** Throws an UndeclaredRoutesError that lists every route without a word. */
export function refuseUndeclared(routes: readonly DeclaredRoute[]): void {
  const undeclared = routes.filter(({ access }) => access === undefined)
  if (undeclared.length > 0) throw new UndeclaredRoutesError(undeclared)
}

export function inventoryOf(routes: readonly DeclaredRoute[]): InventoryEntry[] {
  return routes.map(({ method, path, access, at }) => ({ method, path, access: accessData(access), at }))
}
