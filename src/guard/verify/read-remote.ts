import { Refusal } from '../../errors/refusal.ts'
import type { RemoteJwks } from '../../keys/remote-jwks.ts'
import { parseAccessToken } from '../../tokens/access-checks.ts'
import { createReaderOfSeveral, type ReaderParts } from '../../tokens/read-access.ts'
import type { ReadToken } from '../credentials/bearer.ts'
import type { RemoteIssuer } from './remote-issuer.ts'

/**
 * Reads the tokens of issuers elsewhere. At once, but for a token whose key is not known: then that issuer, and no
 * other, may be asked for its keys, which all who wait share (PROTOCOL 3.2).
 */
export function readRemote(issuers: readonly RemoteIssuer[], parts: ReaderParts): ReadToken {
  const reader = createReaderOfSeveral(
    issuers.map(({ trusted }) => trusted),
    parts,
  )
  const jwksByIssuer = new Map(issuers.map(({ trusted, jwks }) => [trusted.issuer, jwks]))

  return (text) => {
    const outcome = reader.read(text)
    if (!(outcome instanceof Refusal) || outcome.code !== 'KID_UNKNOWN') return outcome
    const jwks = jwksByIssuer.get(claimedIssuer(text))
    if (jwks === undefined) return outcome
    const asked = jwks.refetch()
    if (asked === undefined) return whileUnanswered(outcome, jwks)
    return asked.then((answered) => (answered ? reader.read(text) : whileUnanswered(outcome, jwks)))
  }
}

/** A key that is not known is nobody's, unless the issuer could not be asked: then a client is told to try again. */
function whileUnanswered(unknown: Refusal, jwks: RemoteJwks): Refusal {
  return jwks.isUsable() && !jwks.isFailing() ? unknown : new Refusal('JWKS_UNREACHABLE')
}

/** Whom the token says it is from. Proves nothing: it only decides whose keys are asked for. */
function claimedIssuer(text: string): string {
  const presented = parseAccessToken(text)
  return presented instanceof Refusal ? '' : String(presented.claims.iss)
}
