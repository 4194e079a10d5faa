import { bearer, compose, headerOf, type Idea } from './idea.ts'

/** A token that says it needs no signature (RFC 8725 section 2.1). */
export const algNone: Idea = {
  name: 'alg-none',
  what: 'a token that says it needs no signature',
  requires: [],
  answer: 401,
  make: ({ claims, genuine }) => {
    const { alg: _, ...rest } = headerOf(genuine)
    const header = { typ: 'at+jwt', ...rest }
    return [
      ...['none', 'None', 'NONE', 'nOnE', ''].map((alg) =>
        bearer(
          `alg "${alg}"`,
          compose({ ...header, alg }, claims, () => ''),
        ),
      ),
      bearer(
        'no alg at all',
        compose(header, claims, () => ''),
      ),
      bearer(
        'typ JWT',
        compose({ typ: 'JWT', alg: 'none' }, claims, () => ''),
      ),
      bearer(
        'with a signature',
        compose({ ...header, alg: 'none' }, claims, () => 'signature'),
      ),
    ]
  },
}
