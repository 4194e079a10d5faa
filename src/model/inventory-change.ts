import { type AccessData, accessWords, type InventoryEntry, type RequirementData } from './inventory.ts'

/** How a list of routes differs from an earlier one, what asks for attention first. */
const CHANGES = ['opened', 'weakened', 'undeclared', 'gone', 'new', 'strengthened'] as const
export type ChangeKind = (typeof CHANGES)[number]

export interface InventoryChange {
  readonly kind: ChangeKind
  readonly entry: InventoryEntry
  /** The end of a sentence about the route: `was signed in, is anyone`. */
  readonly words: string
}

/** The differences between two lists, the worst first. Where routes were declared does not count. */
export function compareInventories(
  before: readonly InventoryEntry[],
  after: readonly InventoryEntry[],
): InventoryChange[] {
  const known = new Map(before.map((entry) => [keyOf(entry), entry]))
  const now = new Set(after.map(keyOf))
  const changes = [
    ...after.flatMap((entry) => changeOf(known.get(keyOf(entry)), entry)),
    ...before
      .filter((entry) => !now.has(keyOf(entry)))
      .map((entry) => ({
        kind: 'gone' as const,
        entry,
        words: `is gone; it was ${accessWords(entry.access)}`,
      })),
  ]
  return changes.sort((one, other) => CHANGES.indexOf(one.kind) - CHANGES.indexOf(other.kind))
}

function keyOf({ method, path }: InventoryEntry): string {
  return `${method} ${path}`
}

function changeOf(before: InventoryEntry | undefined, entry: InventoryEntry): InventoryChange[] {
  const { access } = entry
  if (before === undefined) {
    const kind = access === 'anyone' ? 'opened' : access === 'undeclared' ? 'undeclared' : 'new'
    return [{ kind, entry, words: `is new: ${accessWords(access)}` }]
  }
  const [was, is] = [accessWords(before.access), accessWords(access)]
  return was === is
    ? []
    : [{ kind: kindOfChange(before.access, access), entry, words: `was ${was}, is ${is}` }]
}

function kindOfChange(before: AccessData, after: AccessData): ChangeKind {
  if (after === 'anyone') return 'opened'
  if (after === 'undeclared') return 'undeclared'
  if (before === 'anyone') return 'strengthened'
  // A route without a word let nobody in.
  if (before === 'undeclared') return 'weakened'
  return isWeaker(requirementOf(before), requirementOf(after)) ? 'weakened' : 'strengthened'
}

function requirementOf(access: AccessData): RequirementData {
  return typeof access === 'string' ? {} : access.needs
}

/** Whether somebody is let in now who was not: where anything that was asked for is not any more, or not as strictly. */
function isWeaker(before: RequirementData, after: RequirementData): boolean {
  const { scopes = [], roles, via, freshWithinSeconds, secondFactor, if: rule } = before
  return (
    !scopes.every((scope) => after.scopes?.includes(scope)) ||
    admitsMore(roles, after.roles) ||
    admitsMore(via, after.via) ||
    (freshWithinSeconds ?? Number.POSITIVE_INFINITY) <
      (after.freshWithinSeconds ?? Number.POSITIVE_INFINITY) ||
    (secondFactor === true && after.secondFactor !== true) ||
    (rule === true && after.if !== true)
  )
}

/** One of a list is enough, so a longer one lets more in; no list lets in all. */
function admitsMore(before: readonly string[] | undefined, after: readonly string[] | undefined): boolean {
  if (before === undefined) return false
  return after === undefined || !after.every((name) => before.includes(name))
}
