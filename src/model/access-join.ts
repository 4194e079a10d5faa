import { Access, type Requirement } from './access.ts'

/**
 * One word that asks for all that these ask for: a route inside a group keeps the group's word beside its own. Throws a
 * TypeError where no request could meet both.
 */
export function joinAccess(words: readonly Access[]): Access | undefined {
  const [first, ...more] = words
  return more.reduce<Access | undefined>((joined, word) => joined && joinTwo(joined, word), first)
}

/**
 * What of a word holds the same wherever the request is: all but its rules, which look at the variable parts of the path
 * that the word was given. The word itself where it has none.
 */
export function withoutRules(word: Access): Access {
  if (!hasRules(word)) return word
  const { if: _rule, ifAsync: _waiting, ...rest } = Access.requirementOf(word) ?? {}
  return new Access(Object.freeze(rest), Access.limitsOf(word))
}

/** Whether it looks at the request itself. */
export function hasRules(word: Access): boolean {
  const requirement = Access.requirementOf(word)
  return requirement?.if !== undefined || requirement?.ifAsync !== undefined
}

function joinTwo(one: Access, other: Access): Access {
  if (one === other) return one
  const [a, b] = [Access.requirementOf(one), Access.requirementOf(other)]
  if (asksNothing(one, a, b)) return other
  if (asksNothing(other, b, a)) return one
  const limits = [...new Set([...Access.limitsOf(one), ...Access.limitsOf(other)])]
  if (a === undefined || b === undefined) return new Access(a ?? b, limits)
  return new Access(Object.freeze(joinRequirements(a, b)), limits)
}

/** Whether a word asks for nothing that the other does not ask for anyway. */
function asksNothing(word: Access, its: Requirement | undefined, others: Requirement | undefined): boolean {
  if (Access.limitsOf(word).length > 0) return false
  return its === undefined || (others !== undefined && Object.keys(its).length === 0)
}

function joinRequirements(a: Requirement, b: Requirement): Requirement {
  const via = a.via && b.via ? a.via.filter((name) => b.via?.includes(name)) : (a.via ?? b.via)
  if (via?.length === 0)
    throw new TypeError('two access words of one route name no credential that both accept')
  const fresh = Math.min(a.freshWithinSeconds ?? Infinity, b.freshWithinSeconds ?? Infinity)
  const scopes = [...new Set([...(a.scopes ?? []), ...(b.scopes ?? [])])]
  const roles = b.roles ?? a.roles
  const rules = [a, b].flatMap((part): Requirement['if'][] => (part.if ? [part.if] : []))
  // One list of roles asks for at least one of them, so that a second list is a rule beside the first.
  if (a.roles && b.roles) {
    const { roles: outer } = a
    rules.unshift((principal) => outer.some((role) => principal.roles.includes(role)))
  }
  const waiting = [a, b].flatMap((part): Requirement['ifAsync'][] => (part.ifAsync ? [part.ifAsync] : []))
  return {
    ...(scopes.length > 0 && { scopes }),
    ...(roles && { roles }),
    ...(via && { via }),
    ...(fresh !== Infinity && { freshWithinSeconds: fresh }),
    ...((a.secondFactor ?? b.secondFactor) && { secondFactor: true as const }),
    ...(rules.length > 0 && {
      if: (principal, request) => rules.every((rule) => rule?.(principal, request) === true),
    }),
    ...(waiting.length > 0 && {
      async ifAsync(principal, request) {
        for (const rule of waiting) if ((await rule?.(principal, request)) !== true) return false
        return true
      },
    }),
  }
}
