import type { Idea } from './idea.ts'

const OBJECT = 'eyJhIjoxfQ'

/** Authorization values that hold no token. Where one of them is looked at carelessly, the answer is a 500. */
export const malformed: Idea = {
  name: 'malformed',
  what: 'a header that holds no token',
  requires: [],
  answer: 401,
  make: ({ genuine }) =>
    [
      ['no token', 'Bearer'],
      ['a word', 'Bearer not-a-token'],
      ['null', 'Bearer null'],
      ['undefined', 'Bearer undefined'],
      ['a percent sign', 'Bearer %'],
      ['two parts', `Bearer ${OBJECT}.${OBJECT}`],
      ['three empty parts', 'Bearer ..'],
      ['no JSON', 'Bearer a.b.c'],
      ['JSON that is null', 'Bearer bnVsbA.bnVsbA.bnVsbA'],
      ['JSON that is a list', 'Bearer W10.W10.W10'],
      ['five parts', `Bearer ${OBJECT}.a.b.c.d`],
      ['9,000 characters', `Bearer ${OBJECT}.${'a'.repeat(9000)}.a`],
      ['10,000 dots', `Bearer ${'.'.repeat(10_000)}`],
      ['Basic that is no base64', 'Basic !!!'],
      ['Basic without a colon', 'Basic YWRtaW4'],
      ['Basic of a stranger', 'Basic YWRtaW46YWRtaW4='],
      ['an unknown scheme', 'Negotiate YWRtaW4='],
      ...(genuine === undefined ? [] : [['a token without a scheme', genuine]]),
    ].map(([spelling = '', authorization = '']) => ({ spelling, authorization })),
}
