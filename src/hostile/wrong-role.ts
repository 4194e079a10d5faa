import { bearer, type Idea } from './idea.ts'
import { nearNames } from './near-names.ts'

/** A genuine token of somebody who has none of the roles, or one whose name is only like it. */
export const wrongRole: Idea = {
  name: 'wrong-role',
  what: 'a token that lacks the role',
  requires: ['sign', 'requirement'],
  answer: 403,
  make: ({ claims, sign, requirement }) => {
    const roles = requirement?.roles ?? []
    if (sign === undefined || roles.length === 0) return []
    const { roles: _, ...rest } = claims
    const near = roles.flatMap(nearNames).filter((name) => !roles.includes(name))
    return [
      bearer('no roles claim', sign(rest)),
      bearer('no roles', sign({ ...rest, roles: [] })),
      ...near.map((name) => bearer(`the role ${name}`, sign({ ...rest, roles: [name] }))),
    ]
  },
}
