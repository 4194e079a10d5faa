import { bearer, type Idea } from './idea.ts'

/** A token out of the future, beyond every tolerance for clocks that differ. */
export const notYetValid: Idea = {
  name: 'not-yet-valid',
  what: 'a token that is not valid yet',
  requires: ['sign'],
  answer: 401,
  make: ({ claims, sign, nowSeconds }) =>
    sign === undefined
      ? []
      : [bearer('in an hour', sign({ ...claims, nbf: nowSeconds + 3600, exp: nowSeconds + 3900 }))],
}
