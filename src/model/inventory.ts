import type { CallSite } from '../base/call-site.ts'
import { Access, type Requirement } from './access.ts'

/** An access word as data: what a list, a lock file or another program can hold. */
export type AccessData =
  | 'anyone'
  | 'signedIn'
  /** No word was given. Such a route stops the start and answers 403. */
  | 'undeclared'
  | { readonly needs: RequirementData }

/** The parts of `needs`, by the names they have there. A rule is code, so only its being there is told. */
export interface RequirementData {
  readonly scopes?: readonly string[]
  readonly roles?: readonly string[]
  readonly via?: readonly string[]
  readonly freshWithinSeconds?: number
  readonly secondFactor?: true
  readonly if?: true
}

/** One route of an application. */
export interface InventoryEntry {
  /** In capitals. `*` for a route that answers to all. */
  readonly method: string
  /** As the application wrote it, with the prefixes it is mounted under: `/todos/:id`, `/files/*`, `/todos/{id}`. */
  readonly path: string
  readonly access: AccessData
  /** A query without which the route looks at nothing else: `nonce=probe`. */
  readonly query?: string
  /** Where the route was declared, where that is known. */
  readonly at?: CallSite | undefined
}

/**
 * The door through which an application tells its routes: adapters put a function under this name on the application,
 * on a plain handler too. It is a registered symbol, because the program that asks may have loaded another copy of us.
 */
export const INVENTORY: unique symbol = Symbol.for('countersign.inventory') as never

export interface Inventoried {
  /** Every route, guarded or not. Waits until the application has been put together; starts nothing. */
  [INVENTORY](): readonly InventoryEntry[] | Promise<readonly InventoryEntry[]>
}

export function isInventoried(app: unknown): app is Inventoried {
  const holds = (typeof app === 'object' && app !== null) || typeof app === 'function'
  return holds && typeof (app as Partial<Inventoried>)[INVENTORY] === 'function'
}

/** The word as data; `undefined` stands for a route that has none. */
export function accessData(access: Access | undefined): AccessData {
  if (access === undefined) return 'undeclared'
  const requirement = Access.requirementOf(access)
  if (requirement === undefined) return 'anyone'
  const parts = requirementData(requirement)
  return Object.keys(parts).length === 0 ? 'signedIn' : { needs: parts }
}

function requirementData(requirement: Requirement): RequirementData {
  const { scopes, roles, via, freshWithinSeconds, secondFactor, if: rule, ifAsync } = requirement
  return {
    ...(scopes && { scopes }),
    ...(roles && { roles }),
    ...(via && { via }),
    ...(freshWithinSeconds && { freshWithinSeconds }),
    ...(secondFactor && { secondFactor }),
    ...((rule ?? ifAsync) !== undefined && { if: true as const }),
  }
}

/** The word as people read it: `needs scope a and b, role c or d, by bearer, signed in within 300 s`. */
export function accessWords(data: AccessData): string {
  if (data === 'signedIn') return 'signed in'
  if (typeof data === 'string') return data
  const { scopes, roles, via, freshWithinSeconds, secondFactor, if: rule } = data.needs
  const parts = [
    scopes && `scope ${scopes.join(' and ')}`,
    roles && `role ${roles.join(' or ')}`,
    via && `by ${via.join(' or ')}`,
    freshWithinSeconds && `signed in within ${freshWithinSeconds} s`,
    secondFactor && 'by a second factor',
    rule && 'a rule of its own',
  ]
  return `needs ${parts.filter(Boolean).join(', ')}`
}
