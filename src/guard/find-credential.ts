import { Refusal } from '../errors/refusal.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { Credential } from './credentials/credential.ts'

export interface FoundCredential {
  readonly credential: Credential
  readonly text: string
}

/**
 * The one credential that the request carries. Two are refused: which of them counts must not be a guess. Only what a
 * browser adds by itself to the request for a WebSocket, where no page can leave it out, does not count beside a ticket.
 */
export function findCredential(
  credentials: readonly Credential[],
  request: GuardRequest,
): FoundCredential | Refusal {
  if (hasTokenInQuery(request.target)) return new Refusal('TOKEN_IN_QUERY')
  const authorization = request.header('authorization')
  let found: FoundCredential | undefined
  for (const credential of credentials) {
    if (found?.credential.excusesAmbient === true && credential.isAmbient === true) continue
    const text = credential.read(request, authorization)
    if (text instanceof Refusal) return text
    if (text === undefined) continue
    if (found !== undefined) return new Refusal('CREDENTIAL_TWICE')
    found = { credential, text }
  }
  return found ?? new Refusal(request.opensSocket === true ? 'WS_HEADER_IMPOSSIBLE' : 'HDR_MISSING')
}

/** RFC 6750 section 2.3 allows it and RFC 9700 section 4.3.2 forbids it: URLs end up in logs. */
function hasTokenInQuery(target: string): boolean {
  const query = target.indexOf('?')
  return query !== -1 && /[?&]access_token(=|&|$)/i.test(target.slice(query))
}
