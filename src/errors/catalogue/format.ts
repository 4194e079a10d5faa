import { defineGroup } from './group.ts'

export const format = defineGroup('format', {
  TOKEN_OPAQUE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'A random string was sent where a JWT is expected.',
    hint:
      "It is probably a refresh token, an API key in the wrong header, or a provider's token for its " +
      'own API. Send the access token; some providers issue a JWT only when an audience is asked for.',
  },
  TOKEN_IS_JWE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'The token is encrypted (five parts).',
    hint:
      'Only its audience can read an encrypted token. Have the issuer sign access tokens without ' +
      'encrypting them.',
  },
  TOKEN_TRUNCATED: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'The end of the token is missing.',
    hint:
      'Look for a database column that is too short, a cut log line, a cookie over 4 KiB or a copy out ' +
      'of a narrow window. Store tokens as text without a length limit.',
  },
  TOKEN_NONCANONICAL: {
    effect: 'both',
    clientCode: 'token_malformed',
    meaning:
      'The token is spelt in another way than it was issued: padding, `+` and `/`, a line break, stray ' +
      'bits at the end.',
    hint: 'Something decoded and re-encoded the token, or added a line break. Pass the text on untouched.',
    prevented:
      'Only the canonical spelling is read, so one token has exactly one text and no second spelling ' +
      'is ever accepted.',
  },
  TOKEN_PERCENT_ENCODED: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'The token is percent-encoded.',
    hint:
      'It was read from a cookie or an address without decoding, or encoded once too often. Decode it ' +
      'once, where it is read.',
  },
  TOKEN_ALG_NAME_NONSTANDARD: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The `alg` of the token is not a registered name (an XML signature address, or lower case).',
    hint: 'Some older issuers write such names. Have the issuer write a name such as ES256 or RS256.',
  },
  TOKEN_TYP_MISMATCH: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The `typ` of the token is not that of an access token.',
    hint:
      'Access tokens carry `at+jwt` (RFC 9068). An issuer that writes `JWT`, or nothing, cannot be ' +
      'told from one whose ID token was sent; set its access token type.',
  },
  TOKEN_WRONG_KIND_REFRESH: {
    effect: 'both',
    clientCode: 'token_invalid',
    meaning: 'A refresh token, a reset link or a WebSocket ticket was used as an access token.',
    hint:
      'The client mixed up two members of the sign-in answer. Send `access_token` to the API and ' +
      '`refresh_token` to the refresh endpoint only.',
    prevented:
      'Every kind of token has a form and a purpose of its own that are checked first; none is ' +
      'accepted in the place of another.',
  },
  TOKEN_CRIT_UNKNOWN: {
    effect: 'accepted',
    clientCode: 'token_invalid',
    meaning: 'The token demands the understanding of an extension (`crit`) that is unknown here.',
    hint: 'Our issuer writes no `crit`. The token was made elsewhere; look at who issued it.',
    prevented: 'A token with any critical extension is refused, as none is defined here.',
  },
  TOKEN_TOO_LARGE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'The token is longer than 8 KiB.',
    hint:
      'Too many claims, or something put on the end of the token. Keep profiles and long lists of permissions ' +
      'out of tokens; they are refused before anything in them is read.',
    own: true,
  },
  TOKEN_NOT_JSON: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'The header or the payload of the token is not a JSON object, or is nested too deeply.',
    hint:
      'The details name the part. Look for a token that was cut and joined again, text in another ' +
      'encoding than UTF-8, or claims nested more than eight levels deep.',
    own: true,
  },
  TOKEN_MEMBER_TWICE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'A member stands twice in the header or in the claims of the token.',
    hint:
      'Two readers may disagree on which of the two counts, so neither does (RFC 7519 section 4). Whoever ' +
      'issued the token joins JSON as text; have it written from one object.',
    own: true,
  },
  CLAIM_MISSING: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The token lacks a claim that every access token has.',
    hint:
      'The details name it. RFC 9068 section 2.2 lists what an access token carries; a token that is ' +
      'meant for something else usually lacks `client_id` or `jti`.',
    own: true,
  },
  CLAIM_WRONG_TYPE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'A claim of the token is not of the type it should be.',
    hint:
      'The details name it. Ids are texts, times are numbers of seconds, `roles` and `amr` are lists of ' +
      'texts, `scope` is one text with spaces.',
    own: true,
  },
})
