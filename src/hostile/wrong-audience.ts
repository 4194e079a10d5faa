import { bearer, type Idea } from './idea.ts'

/** A genuine token that was made for another API (RFC 9068 section 4). */
export const wrongAudience: Idea = {
  name: 'wrong-audience',
  what: 'a token that was made for another API',
  requires: ['sign'],
  answer: 401,
  make: ({ claims, sign }) => {
    if (sign === undefined) return []
    const { aud, ...rest } = claims
    const right = String(Array.isArray(aud) ? aud[0] : aud)
    return [
      bearer('another API', sign({ ...claims, aud: 'https://other.example' })),
      bearer('several others', sign({ ...claims, aud: ['https://other.example', 'https://one.example'] })),
      bearer('a longer name', sign({ ...claims, aud: `${right}.evil.example` })),
      bearer('a shorter name', sign({ ...claims, aud: right.slice(0, -1) })),
      bearer('an empty list', sign({ ...claims, aud: [] })),
      bearer('none', sign(rest)),
    ]
  },
}
