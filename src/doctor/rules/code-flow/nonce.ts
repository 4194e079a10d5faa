import { certain, probable } from '../../finding.ts'
import { fieldsOf, isRefused, wordsOf } from '../../http-facts.ts'
import { readPasted } from '../../pasted-token.ts'
import type { Rule } from '../../rule.ts'
import { authorizations, callbacks } from './calls.ts'

export const nonce: Rule = (facts) => {
  const sent = authorizations(facts).map((one) => one.get('nonce'))
  const texts = [
    ...facts.exchanges.flatMap(({ response }) => fieldsOf(response).get('id_token') ?? []),
    ...callbacks(facts).flatMap(({ parameters }) => parameters.get('id_token') ?? []),
  ]
  const tokens = [
    ...texts.map(readPasted),
    ...(facts.token?.claims?.nonce !== undefined && facts.exchanges.length > 0 ? [facts.token] : []),
  ]
  const wanted = sent.at(-1)
  for (const { claims } of tokens) {
    if (claims === undefined || sent.length === 0) continue
    const got = claims.nonce
    if (got === wanted) continue
    const older = typeof got === 'string' && sent.includes(got)
    return certain('NONCE_MISMATCH', {
      evidence: [
        got === undefined
          ? 'The ID token carries no nonce, and the sign-in request sent one.'
          : wanted === undefined
            ? 'The ID token carries a nonce, and the sign-in request sent none: two parts of the client each made one.'
            : `The nonce of the ID token is not the one of the sign-in request${older ? '; it is that of an earlier attempt' : ''}: two attempts were mixed up, or the response belongs to another sign-in.`,
      ],
      fix: [
        'Make one nonce for each sign-in, store it with its state until the callback, compare it with the `nonce` of the ID token, and use it once. Let either the library or your code make it, not both.',
        'Start the sign-in again.',
      ],
      explains: ['ID_TOKEN_AS_ACCESS', 'STATE_OVERWRITTEN'],
    })
  }
  const said = facts.exchanges.find(
    (one) => isRefused(one) && /nonce/.test(wordsOf(one.response)) && !/csp|dpop/.test(wordsOf(one.response)),
  )
  const event = facts.events.find(({ outcome, check }) => outcome === 'refused' && check === 'nonce')
  if (said === undefined && event === undefined) return undefined
  return probable('NONCE_MISMATCH', {
    evidence: ['The sign-in was refused by the check of the nonce.'],
    settledBy: ['the nonce that was sent with the sign-in request, and the one in the ID token'],
    fix: [
      'Make one nonce for each sign-in, store it until the callback, and compare it with that of the ID token. Then start the sign-in again.',
    ],
  })
}
