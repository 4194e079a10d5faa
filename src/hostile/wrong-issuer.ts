import { bearer, type Idea } from './idea.ts'

/** A token with a good signature that names another issuer. */
export const wrongIssuer: Idea = {
  name: 'wrong-issuer',
  what: 'a token that names another issuer',
  requires: ['sign'],
  answer: 401,
  make: ({ claims, sign }) => {
    if (sign === undefined) return []
    const { iss, ...rest } = claims
    return [
      bearer('another', sign({ ...claims, iss: 'https://evil.example' })),
      bearer('with a slash more', sign({ ...claims, iss: `${String(iss)}/` })),
      bearer('none', sign(rest)),
    ]
  },
}
