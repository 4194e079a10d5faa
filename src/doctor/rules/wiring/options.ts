import { editDistance } from '../../../config/nearest-name.ts'
import { found } from '../../finding.ts'
import { isRefused } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'

/** Options that verifying libraries know, of all that we have met. */
const OPTIONS = new Set(
  `algorithms algorithm audience aud complete issuer iss ignoreExpiration ignoreNotBefore subject clockTolerance maxAge clockTimestamp nonce jwtid
  allowInvalidAsymmetricKeyTypes typ maxTokenAge currentDate requiredClaims crit verify_signature verify_exp verify_nbf verify_iat verify_aud verify_iss verify_sub verify_jti require
  strict_aud leeway options allowedAud allowedIss allowedSub allowedNonce allowedJti cache cacheTTL key jwksUri secret secretOrKey secretOrPublicKey jwtFromRequest passReqToCallback
  secretOrKeyProvider jsonWebTokenOptions rateLimit jwksRequestsPerMinute cacheMaxAge ValidateIssuer ValidateAudience ValidateLifetime ValidateIssuerSigningKey ValidIssuer ValidIssuers
  ValidAudience ValidAudiences IssuerSigningKey ClockSkew RequireExpirationTime RequireSignedTokens ValidAlgorithms ValidTypes NameClaimType RoleClaimType Authority MetadataAddress
  RequireHttpsMetadata MapInboundClaims getToken credentialsRequired requestProperty isRevoked tokenUse clientId expiresIn notBefore keyid require_exp require_iat require_nbf
  trust_proxy session cookie
  validateIssuer clockSkew audiences issuers jws-algorithms jwk-set-uri jwks_uri issuer-uri public-key-location principal-claim-name authorities-claim-name authority-prefix IssuerSigningKeys
  IssuerSigningKeyResolver IssuerSigningKeyValidator ValidateActor ValidateTokenReplay ValidateSignatureLast ValidateWithLKG SaveToken require_aud require_iss require_sub require_jti
  require_at_hash verify_at_hash issuerBaseURL tokenSigningAlg authRequired strict validators allowInsecureKeySizes mutatePayload`.split(
    /\s+/,
  ),
)

export const misspelt: Rule = ({ config, wasAccepted, exchanges, events }) => {
  const options = config.verifier?.options ?? {}
  const odd = Object.keys(options).filter((name) => !OPTIONS.has(name) && nearest(name) !== undefined)
  const off = Object.entries(options).find(
    ([name, value]) =>
      (/^ignoreExpiration$|^ignoreNotBefore$/.test(name) && value === true) ||
      (/^verify_|^Validate|^Require(?!HttpsMetadata)/.test(name) && value === false),
  )
  // A check that does not happen has refused nothing.
  const isRefusal =
    !wasAccepted && (exchanges.some(isRefused) || events.some(({ outcome }) => outcome === 'refused'))
  const [name] = odd
  if (name === undefined && off === undefined) return undefined
  const meant = name === undefined ? undefined : nearest(name)
  const library = config.verifier?.library ?? 'the library'
  return found('OPTION_MISSPELT', !isRefusal, {
    evidence: [
      name !== undefined
        ? `The option \`${name}\` is not known to ${library}${meant ? `; \`${meant}\` is meant` : ''}. An unknown option is ignored without a word, so the check it should switch on does not happen${wasAccepted ? ', and the token was accepted' : ''}.`
        : `The option \`${off?.[0]}: ${String(off?.[1])}\` of ${library} switches a check off${wasAccepted ? ', and the token was accepted' : ''}.`,
    ],
    settledBy: ['a token that this check has to refuse: `countersign doctor audit URL`'],
    fix: [
      name !== undefined
        ? `Correct the spelling of the option: rename \`${name}\` to \`${meant ?? 'the documented name'}\`, and compare all names with the documentation of the version in use (types help: TypeScript refuses unknown names).`
        : `Remove the option \`${off?.[0]}\`, so that the check happens again.`,
      'Then prove it with a token that has to be refused: `countersign doctor audit URL`.',
    ],
    explains: isRefusal
      ? []
      : [
          'AUD_WRONG_API',
          'AUD_ABSENT_ACCEPTED',
          'AUD_NOT_CONFIGURED',
          'TOKEN_EXPIRED',
          'SKEW_HIDES_EXPIRY',
          'ISS_OTHER_ENVIRONMENT',
          'NOT_REVOKED',
        ],
  })
}

/** The known option that a name comes nearest to, if it is near at all. */
function nearest(name: string): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z]/g, '')
  const mine = plain(name)
  let best: string | undefined
  let least = Math.min(4, Math.ceil(mine.length / 3) + 1)
  for (const option of OPTIONS) {
    const distance = editDistance(mine, plain(option))
    if (distance < least) {
      least = distance
      best = option
    }
  }
  return best
}
