import type { CallSite } from '../base/call-site.ts'
import type { AccessData } from '../model/inventory.ts'

/** How a route is told who asks. Only bearer tokens can be forged here; of the others, that they are asked for. */
export type Carrier = 'bearer' | 'basic' | 'other'

/** One route to be asked, and what it claims of itself. */
export interface Target {
  /** In capitals. */
  readonly method: string
  /** As it was declared, with its variable parts. */
  readonly path: string
  /** A path of that form with harmless values: ids that nobody has. Where the form has a query, with one. */
  readonly address: string
  readonly access: AccessData
  /** For anyone, but a credential that comes along is read. */
  readonly optional?: boolean
  readonly carriers: readonly Carrier[]
  readonly body?: { readonly type: string; readonly text: string } | undefined
  readonly at?: CallSite | undefined
}

/** Methods that change nothing (RFC 9110 section 9.2.1). */
export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

/** Whether a stranger is to be refused. */
export function isGuarded({ access }: Pick<Target, 'access'>): boolean {
  return access !== 'anyone'
}

/** Whether bad tokens can be tried on it: to a route without a word, or for other credentials, all are the same. */
export function takesTokens({ access, carriers }: Pick<Target, 'access' | 'carriers'>): boolean {
  return access !== 'undeclared' && carriers.includes('bearer')
}

/** A value that names nothing. UUIDs are version 4, so that what checks the form lets it through. */
export const NOBODY = '00000000-0000-4000-8000-000000000000'

const VARIABLE = /\{\*?(\w+)\}|:(\w+)(?:\([^)]*\))?(?:\{[^}]*\})?[?+*]?|\*\w*/g

/** Fills the variable parts of a path: `{id}`, `:id`, `:id(\\d+)`, `*`, and `{/:id}`, which may be left out. */
export function fillPath(
  path: string,
  sampleFor: (name: string) => string | undefined = () => undefined,
): string {
  const filled = path.replaceAll(VARIABLE, (_, braced?: string, colon?: string) => {
    const name = braced ?? colon ?? 'probe'
    return encodeURIComponent(sampleFor(name) ?? (/id$/i.test(name) ? NOBODY : 'probe'))
  })
  // A route for all paths may be called `*` alone.
  return filled.replaceAll(/[{}]/g, '').replace(/^(?!\/)/, '/')
}
