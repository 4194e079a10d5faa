import { bearer, type Idea } from './idea.ts'

/** Beyond every tolerance for clocks that differ. */
export const expired: Idea = {
  name: 'expired',
  what: 'a token that has expired',
  requires: ['sign'],
  answer: 401,
  make: ({ claims, sign, nowSeconds }) =>
    sign === undefined
      ? []
      : (
          [
            ['two minutes ago', 120],
            ['a day ago', 86_400],
          ] as const
        ).map(([spelling, seconds]) => {
          const exp = nowSeconds - seconds
          return bearer(spelling, sign({ ...claims, iat: exp - 300, auth_time: exp - 300, exp }))
        }),
}
