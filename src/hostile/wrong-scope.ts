import { bearer, type Idea } from './idea.ts'
import { nearNames } from './near-names.ts'

/** A genuine token that lacks one of the scopes, or has one whose name is only like it. */
export const wrongScope: Idea = {
  name: 'wrong-scope',
  what: 'a token that lacks a scope',
  requires: ['sign', 'requirement'],
  answer: 403,
  make: ({ claims, sign, requirement }) => {
    const scopes = requirement?.scopes ?? []
    if (sign === undefined || scopes.length === 0) return []
    const { scope: _, ...rest } = claims
    return [
      bearer('no scope claim', sign(rest)),
      bearer('the empty scope', sign({ ...rest, scope: '' })),
      ...scopes.flatMap((missing) => {
        const others = scopes.filter((name) => name !== missing)
        const without =
          others.length > 0 ? [bearer(`all but ${missing}`, sign({ ...rest, scope: others.join(' ') }))] : []
        return [
          ...without,
          ...nearNames(missing).map((name) =>
            bearer(`${name} for ${missing}`, sign({ ...rest, scope: [...others, name].join(' ') })),
          ),
        ]
      }),
    ]
  },
}
