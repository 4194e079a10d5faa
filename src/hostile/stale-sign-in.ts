import { bearer, type Idea } from './idea.ts'

/** A genuine token of somebody who proved who they are too long ago (RFC 9470). */
export const staleSignIn: Idea = {
  name: 'stale-sign-in',
  what: 'a sign-in that is too long ago',
  requires: ['sign', 'requirement'],
  answer: 401,
  make: ({ claims, sign, requirement, nowSeconds }) => {
    const seconds = requirement?.freshWithinSeconds
    if (sign === undefined || seconds === undefined) return []
    const { auth_time: _, ...rest } = claims
    return [
      bearer('too long ago', sign({ ...rest, auth_time: nowSeconds - seconds - 60 })),
      bearer('at no known time', sign(rest)),
    ]
  },
}
