import { bearer, type Idea } from './idea.ts'

/** A token that never ends, because nobody can read when it does. */
export const noExpiry: Idea = {
  name: 'no-expiry',
  what: 'a token without a readable time of expiry',
  requires: ['sign'],
  answer: 401,
  make: ({ claims, sign, nowSeconds }) => {
    if (sign === undefined) return []
    const { exp: _, ...rest } = claims
    return [
      bearer('left out', sign(rest)),
      bearer('a text', sign({ ...claims, exp: String(nowSeconds + 300) })),
      bearer('null', sign({ ...claims, exp: null })),
    ]
  },
}
