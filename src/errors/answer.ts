import { type ClientCode, clientCodes } from './client-codes.ts'
import type { Refusal } from './refusal.ts'

/** What a client is told, at the place where it asked. */
export interface Answer {
  readonly clientCode: ClientCode
  readonly status: number
  readonly title: string
  readonly sentence: string
}

/** One cause can be met in two places: an ended session voids a token at a route, a grant at `/token`. */
const routeCodes: Readonly<Partial<Record<ClientCode, ClientCode>>> = {
  invalid_grant: 'token_invalid',
}
const oauthCodes: Readonly<Partial<Record<ClientCode, ClientCode>>> = {
  token_missing: 'invalid_request',
  token_malformed: 'invalid_grant',
  token_expired: 'invalid_grant',
  token_invalid: 'invalid_grant',
  reauthentication_required: 'invalid_grant',
  insufficient_scope: 'invalid_scope',
}

/** The answer at a checked route, in the words of RFC 6750 and 9470. */
export function answerAtRoute(refusal: Refusal): Answer {
  return answerWith(refusal, routeCodes[refusal.clientCode])
}

/** The answer at an OAuth endpoint, whose codes are those of RFC 6749 section 5.2. */
export function answerAtOAuthEndpoint(refusal: Refusal): Answer {
  return answerWith(refusal, oauthCodes[refusal.clientCode])
}

function answerWith(refusal: Refusal, replacement: ClientCode | undefined): Answer {
  const clientCode = replacement ?? refusal.clientCode
  const told = clientCodes[clientCode]
  if (replacement) return { clientCode, status: told.status, title: told.title, sentence: told.sentence }
  return { clientCode, status: refusal.status, title: told.title, sentence: refusal.sentence }
}
