import { bearer, type Idea } from './idea.ts'

/** A genuine token of another kind (RFC 9068 section 4, RFC 8725 section 3.11). */
export const wrongType: Idea = {
  name: 'wrong-type',
  what: 'a token of another kind, such as an ID token',
  requires: ['sign'],
  answer: 401,
  make: ({ claims, sign }) => {
    if (sign === undefined) return []
    const { scope: _, client_id: client, ...rest } = claims
    return [
      bearer('an ID token', sign({ ...rest, aud: client, nonce: 'n' }, { typ: 'JWT' })),
      ...['JWT', 'logout+jwt', 'dpop+jwt', 'secevent+jwt'].map((typ) =>
        bearer(`typ ${typ}`, sign(claims, { typ })),
      ),
    ]
  },
}
