import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { proposeAccessWord } from '../../doctor/gather/access-word-patch.ts'
import type { InventoryEntry } from '../../model/inventory.ts'
import { undeclaredRoutesOf } from '../app-inventory.ts'
import { shortPlace } from '../short-place.ts'

/** A route that has no access word, where it stands, and the change that would give it one. */
export interface Undeclared {
  readonly method: string
  readonly path: string
  readonly at: string | undefined
  /** A unified diff; undefined where the declaration has no form that is known. */
  readonly patch: string | undefined
}

/** The routes of an application that have no access word, also where it does not start for them. */
export async function findUndeclared(app: string, exportName?: string): Promise<readonly Undeclared[]> {
  const routes = await undeclaredRoutesOf(app, exportName)
  return routes.map((route) => ({
    method: route.method,
    path: route.path,
    at: shortPlace(route),
    patch: patchFor(route, app),
  }))
}

/** Where the place is not known, as of a route that was there before the guards, the module itself is searched. */
function patchFor({ method, path, at }: InventoryEntry, app: string): string | undefined {
  const file = at === undefined ? app : relative(process.cwd(), at.file)
  try {
    return proposeAccessWord({ method, path, file, line: at?.line, text: readFileSync(file, 'utf8') })
  } catch {
    return undefined
  }
}
