import { defineGroup } from './group.ts'

export const format = defineGroup('format', {
  TOKEN_OPAQUE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'Opaque string where a JWT is expected',
    hint: 'Opaque string where a JWT is expected',
  },
  TOKEN_IS_JWE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'Encrypted token (5 segments, `alg: dir`)',
    hint: 'Encrypted token (5 segments, `alg: dir`)',
  },
  TOKEN_TRUNCATED: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'Cut by a column, log, cookie chunk or copy',
    hint: 'Cut by a column, log, cookie chunk or copy',
  },
  TOKEN_NONCANONICAL: {
    effect: 'both',
    clientCode: 'token_malformed',
    meaning: 'Padding, + / alphabet, trailing newline or stray last-character bits',
    hint: 'Padding, + / alphabet, trailing newline or stray last-character bits',
  },
  TOKEN_PERCENT_ENCODED: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'Percent-encoded when read from a cookie or query',
    hint: 'Percent-encoded when read from a cookie or query',
  },
  TOKEN_ALG_NAME_NONSTANDARD: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: '`alg` is an XML-signature URI or lower case',
    hint: '`alg` is an XML-signature URI or lower case',
  },
  TOKEN_TYP_MISMATCH: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: '`typ` differs from what the verifier demands',
    hint: '`typ` differs from what the verifier demands',
  },
  TOKEN_WRONG_KIND_REFRESH: {
    effect: 'both',
    clientCode: 'token_invalid',
    meaning: 'Refresh token, reset link or WebSocket ticket used as access token',
    hint: 'Refresh token, reset link or WebSocket ticket used as access token',
  },
  TOKEN_CRIT_UNKNOWN: {
    effect: 'accepted',
    clientCode: 'token_invalid',
    meaning: 'Unknown critical header',
    hint: 'Unknown critical header',
  },
})
