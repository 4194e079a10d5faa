import type { ChallengeScheme } from '../errors/challenge.ts'
import { Access } from '../model/access.ts'

const TOKENS: readonly ChallengeScheme[] = Object.freeze(['Bearer'])

/**
 * What a refusal at a route asks for. Basic only where the word names it: browsers answer that challenge with a dialog of
 * their own, also to a script whose token has just expired.
 */
export function challengeSchemes(access: Access | undefined): readonly ChallengeScheme[] {
  const via = access === undefined ? undefined : Access.requirementOf(access)?.via
  if (!via?.includes('basic')) return TOKENS
  return via.every((name) => name === 'basic') ? ['Basic'] : ['Bearer', 'Basic']
}
