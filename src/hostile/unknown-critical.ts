import { bearer, type Idea } from './idea.ts'

/** A header that says: refuse me if you do not understand this (RFC 7515 section 4.1.11). */
export const unknownCritical: Idea = {
  name: 'unknown-critical',
  what: 'a token with a critical header that nobody understands',
  requires: ['sign'],
  answer: 401,
  make: ({ claims, sign }) =>
    sign === undefined
      ? []
      : [
          bearer('an unknown name', sign(claims, { crit: ['probe'], probe: true })),
          bearer(
            'bound to a key',
            sign({ ...claims, cnf: { jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' } }),
          ),
        ],
}
