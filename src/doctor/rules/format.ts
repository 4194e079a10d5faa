import { isAlgorithm } from '../../keys/algorithm.ts'
import { API_KEY_PREFIX } from '../../tokens/api-key.ts'
import { certain, found } from '../finding.ts'
import { fieldsOf, isAccepted } from '../http-facts.ts'
import { looksLikeJwt, type PastedToken } from '../pasted-token.ts'
import type { Rule } from '../rule.ts'
import { expectedSignatureLength } from '../signature-trial.ts'
import { canonicalFault } from '../spelling.ts'

/** What our own secrets are, by the prefix that is there for scanners; an API key may stand where a token may. */
const KINDS: Readonly<Record<string, string>> = {
  cs_rt_: 'a refresh token',
  cs_ticket_: 'a WebSocket ticket',
  cs_link_: 'a link out of a mail',
  cs_session_: 'a session cookie',
  cs_code_: 'an authorization code',
  cs_device_: 'a device code',
  cs_challenge_: 'a challenge between two steps of a sign-in',
  cs_client_: 'a client secret',
}
/** Refresh tokens of others. */
const OTHERS_REFRESH = /^(?:rt_|1\/\/0)/

function kindByPrefix({ text }: PastedToken): string | undefined {
  const own = Object.keys(KINDS).find((prefix) => text.startsWith(prefix))
  return own === undefined ? (OTHERS_REFRESH.test(text) ? 'a refresh token' : undefined) : KINDS[own]
}

const wrongKind: Rule = ({ token, exchanges, events, request }) => {
  const refreshPath = /refresh|logout|revoke|introspect|\/token$/.test(request?.path ?? '')
  const claims = token?.claims ?? {}
  const said = [
    token?.header?.typ,
    claims.typ,
    claims.type,
    claims.token_type,
    claims.token_use,
    claims.purpose,
    claims.use,
    claims.scope,
  ]
    .filter((value) => typeof value === 'string')
    .map((value) => String(value).toLowerCase())
  const kind = said.find((value) =>
    /^(?:refresh(?:[_+-]?(?:token|jwt))?|rt\+jwt|offline|(?:password[_-]?)?reset(?:[_-]\w+)?|verify[_-]email|email[_-]\w+|ws[_-]?ticket|ticket|magic[_-]?link|invite)$/.test(
      value,
    ),
  )
  const prefixed = token === undefined ? undefined : kindByPrefix(token)
  const answered = exchanges.some(
    ({ response }) => token !== undefined && fieldsOf(response).get('refresh_token') === token.text,
  )
  const event = events.find(
    ({ type, outcome, credential, route }) =>
      outcome === 'refused' &&
      type === 'access.checked' &&
      (credential === 'refresh_token' || credential === 'ticket') &&
      !/refresh|\/token/.test(route ?? ''),
  )
  if (
    (kind === undefined && prefixed === undefined && !answered && event === undefined) ||
    (refreshPath && event === undefined)
  )
    return undefined
  const accepted = exchanges.some(isAccepted) && token !== undefined && !answered
  const what =
    kind === undefined || /refresh|rt|offline/.test(kind)
      ? (prefixed ?? 'a refresh token')
      : `a ${kind.replaceAll(/[_-]/g, ' ')}`
  return found('TOKEN_WRONG_KIND_REFRESH', true, {
    evidence: [
      `What was sent to the API is not an access token but ${what}${kind ? ` (it says \`${kind}\` of itself)` : prefixed !== undefined ? ' (its prefix says so)' : answered ? ' (the refresh_token member of the sign-in answer)' : ''}${accepted ? ', and the service accepted it' : ''}.`,
    ],
    settledBy: [],
    fix: [
      'Send `access_token` to the API; the `refresh_token` goes only to the refresh endpoint (token endpoint). The client mixed up the two members of the sign-in answer.',
      ...(accepted
        ? [
            'Make the API check the kind of the token (`typ: at+jwt`), so that it refuses refresh tokens and links.',
          ]
        : []),
    ],
    explains: [
      'TOKEN_OPAQUE',
      'TOKEN_TYP_MISMATCH',
      'AUD_WRONG_API',
      'REQUIRED_CLAIM_NEW',
      'AUD_IN_CLIENT_ID',
      'NOT_REVOKED',
      'SCOPE_MISSING',
      'ID_TOKEN_AS_ACCESS',
    ],
  })
}

const encrypted: Rule = ({ token }) => {
  if (token === undefined) return undefined
  const isJwe = token.parts.length === 5 || (token.header?.enc !== undefined && token.parts.length > 2)
  if (!isJwe) return undefined
  const { alg, enc } = token.header ?? {}
  return certain('TOKEN_IS_JWE', {
    evidence: [
      `The token has five parts: it is encrypted (JWE${alg ? `, alg \`${alg}\`` : ''}${enc ? `, enc \`${enc}\`` : ''}), and only the one it was encrypted for can read it. A verifier of signed tokens (JWS, three parts) cannot.`,
    ],
    fix: [
      'Have the issuer give out signed access tokens without encryption: with many providers that means asking for the audience of this API (Auth0: pass `audience`; without one it issues an encrypted token for its own use).',
      'A session cookie of NextAuth is such a token too: decrypt it in the application that made it, and send an access token to the API.',
    ],
    explains: [
      'TOKEN_OPAQUE',
      'TOKEN_TRUNCATED',
      'TOKEN_NONCANONICAL',
      'TOKEN_ALG_NAME_NONSTANDARD',
      'KID_MISSING',
      'ALG_MISMATCH',
    ],
  })
}

const percentEncoded: Rule = ({ token }) => {
  if (token === undefined || !/%[0-9a-f]{2}/i.test(token.given)) return undefined
  return certain('TOKEN_PERCENT_ENCODED', {
    evidence: [
      'The token contains percent-encoded characters (such as `%2E` for the dot or `%3D`): it was read from a cookie or a URL without being decoded, or was encoded once too often.',
    ],
    fix: [
      'Decode it once where it is read (`decodeURIComponent`), or do not encode it at all: a token consists of characters that need no encoding.',
    ],
    explains: ['TOKEN_NONCANONICAL', 'TOKEN_OPAQUE', 'TOKEN_TRUNCATED', 'SIG_WRONG_KEY'],
  })
}

const truncated: Rule = ({ token, keys }) => {
  if (token === undefined || !looksLikeJwt(`${token.text}.`) || token.parts.length > 3) return undefined
  if (String(token.header?.alg).toLowerCase() === 'none') return undefined
  const [, payload, signature = ''] = token.parts
  const shown = signature.replace(/=+$/, '')
  const expected = expectedSignatureLength(token, keys)
  const short = expected !== undefined && shown.length < expected && !/^MI?[EG]/.test(shown)
  if (token.parts.length === 3 && !short) {
    if (token.claims !== undefined || payload === undefined) return undefined
    return undefined
  }
  const what =
    token.parts.length < 3
      ? `it has ${token.parts.length} of three parts`
      : `its signature has ${shown.length} characters, and ${token.header?.alg} needs ${expected}`
  return certain('TOKEN_TRUNCATED', {
    evidence: [`The token was cut short: ${what}. What is left of it cannot be verified by anybody.`],
    fix: [
      'Send the whole, complete token: look for where its end was lost: a database column that is too short (use TEXT), a cookie over 4 KiB, a cut log line, or a copy and paste out of a narrow window.',
      `Store the full text; it had more than ${token.text.length} characters in all.`,
    ],
    explains: ['TOKEN_NONCANONICAL', 'SIG_WRONG_KEY', 'TOKEN_OPAQUE', 'KID_UNKNOWN', 'ES_SIGNATURE_DER'],
  })
}

const noncanonical: Rule = (facts) => {
  const { token, wasAccepted } = facts
  if (token === undefined || !looksLikeJwt(token.text) || token.parts.length < 3) return undefined
  const tail = /[\r\n]+$/.test(token.given) && facts.evidence.tokens !== undefined
  const fault = tail ? 'a line break (newline) stands at its end' : canonicalFault(token.parts)
  if (fault === undefined) return undefined
  return certain('TOKEN_NONCANONICAL', {
    evidence: [
      `The token is spelt in another way than it was issued: ${fault}. Strict verifiers refuse that; lenient ones accept it${wasAccepted ? ', as this one did' : ''}, so that one token has several texts and a deny list by text is passed by.`,
    ],
    fix: [
      'Pass the token on unchanged, exactly as it was issued: base64url without padding (RFC 7515 section 2). Something decoded and re-encoded it, or added a line break: remove that step (strip the trailing newline or padding where it is added).',
      ...(wasAccepted
        ? ['Let the verifier refuse any spelling but the canonical one (strict base64url).']
        : []),
    ],
    explains: ['SIG_WRONG_KEY', 'TOKEN_TRUNCATED'],
  })
}

const opaque: Rule = ({ token, config, exchange }) => {
  if (token === undefined || token.header !== undefined || token.parts.length > 2) return undefined
  if (token.text === '' || looksLikeJwt(`${token.text}.`) || token.text.length < 8) return undefined
  if (exchange !== undefined && /^Basic /i.test(token.given)) return undefined
  const wantsJwt =
    config.keys !== undefined ||
    config.algorithms !== undefined ||
    config.secret !== undefined ||
    config.issuer !== undefined
  return found('TOKEN_OPAQUE', wantsJwt, {
    evidence: [
      token.text.startsWith(API_KEY_PREFIX)
        ? 'This is an API key of Countersign (its prefix says so), not a JWT: only a service that has the keys can check it, and one that verifies JWTs by itself cannot.'
        : 'The token is an opaque string with no dots: it is not a JWT, and this service verifies JWTs by itself. Many providers issue an opaque access token unless an audience is asked for.',
    ],
    settledBy: [
      'the configuration of the verifier: does it expect a JWT, or ask the issuer (introspection)?',
    ],
    fix: [
      config.audience === undefined
        ? 'Request (ask for) an access token for this API: pass its `audience` (or `resource`) in the sign-in request, so that the issuer gives out a JWT.'
        : `Request an access token for the audience ${[config.audience].flat().join(', ')}: pass \`audience\` (or \`resource\`) in the sign-in request, so that the issuer gives out a JWT for this API.`,
      'Or configure the service to introspect opaque tokens at the issuer (RFC 7662).',
    ],
    explains: [],
  })
}

const algorithmName: Rule = ({ token }) => {
  const alg = token?.header?.alg
  if (
    typeof alg !== 'string' ||
    isAlgorithm(alg) ||
    alg.toLowerCase() === 'none' ||
    token?.parts.length === 5
  )
    return undefined
  const standard = alg.includes('hmac-sha256')
    ? 'HS256'
    : alg.includes('rsa-sha256')
      ? 'RS256'
      : alg.includes('ecdsa-sha256')
        ? 'ES256'
        : isAlgorithm(alg.toUpperCase())
          ? alg.toUpperCase()
          : 'RS256'
  if (/^(?:ES256K|Ed25519|Ed448|RSA-OAEP.*|dir|A\d+.*|PBES2.*|ECDH.*)$/.test(alg)) return undefined
  return certain('TOKEN_ALG_NAME_NONSTANDARD', {
    evidence: [
      `The \`alg\` of the token is \`${alg}\`, which is no registered name of RFC 7518 (${alg.startsWith('http') ? 'an XML signature URI, as older .NET and Java issuers write' : 'names are case-sensitive'}); verifiers do not know it.`,
    ],
    fix: [
      `Have the issuer write the standard (registered) name \`${standard}\` in the header of its tokens: in .NET use \`SecurityAlgorithms.HmacSha256\` or \`RsaSha256\`, not the \`…Signature\` constants.`,
    ],
    explains: ['ALG_MISMATCH', 'SIG_WRONG_KEY', 'KID_MISSING'],
  })
}

const critical: Rule = ({ token, wasAccepted }) => {
  const crit = token?.header?.crit
  if (crit === undefined) return undefined
  const names = Array.isArray(crit) ? crit.map(String).join(', ') : typeof crit
  return certain('TOKEN_CRIT_UNKNOWN', {
    evidence: [
      `The header demands the extension \`${names}\` to be understood (\`crit\`)${wasAccepted ? ', and the service accepted the token without understanding it' : ''}. A verifier that does not know it must refuse the token (RFC 7515 section 4.1.11).`,
    ],
    fix: [
      'Refuse (reject) tokens whose `crit` names an extension that is not understood; take a library or version that does (update the library).',
      'Find out who issued the token: our issuer writes no `crit`. Have the issuer leave it out.',
    ],
    explains: ['SIG_WRONG_KEY'],
  })
}

export const formatRules: readonly Rule[] = [
  encrypted,
  wrongKind,
  percentEncoded,
  truncated,
  noncanonical,
  algorithmName,
  opaque,
]
export const criticalRules: readonly Rule[] = [critical]
