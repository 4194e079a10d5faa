import { defineGroup } from './group.ts'

export const client = defineGroup('client', {
  CLIENT_AUTH_METHOD: {
    effect: 'refused',
    clientCode: 'invalid_client',
    meaning: 'Secret in the body where Basic is expected, or the reverse',
    hint: 'Secret in the body where Basic is expected, or the reverse',
  },
  CLIENT_SECRET_ENCODING: {
    effect: 'refused',
    clientCode: 'invalid_client',
    meaning: 'Special characters not (or doubly) form-encoded in Basic',
    hint: 'Special characters not (or doubly) form-encoded in Basic',
  },
  CLIENT_EMPTY_BASIC: {
    effect: 'refused',
    clientCode: 'invalid_client',
    meaning: 'Public client sends `Basic Og==` or `id:null`',
    hint: 'Public client sends `Basic Og==` or `id:null`',
  },
  DPOP_TOKEN_AS_BEARER: {
    effect: 'both',
    clientCode: 'token_invalid',
    meaning: 'Bound token without proof',
    hint: 'Bound token without proof',
  },
  DPOP_HTU_PROXY: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'htu does not match the URL seen behind the proxy',
    hint: 'htu does not match the URL seen behind the proxy',
  },
  API_KEY_UNKNOWN: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Mistyped, truncated, other environment, rotated',
    hint: 'Mistyped, truncated, other environment, rotated',
  },
  CLIENT_UNKNOWN: {
    effect: 'refused',
    clientCode: 'invalid_client',
    meaning: 'CLIENT_UNKNOWN',
    hint: 'CLIENT_UNKNOWN',
    own: true,
  },
  CLIENT_NOT_ALLOWED: {
    effect: 'refused',
    clientCode: 'unauthorized_client',
    meaning: 'CLIENT_NOT_ALLOWED',
    hint: 'CLIENT_NOT_ALLOWED',
    own: true,
  },
  GRANT_UNSUPPORTED: {
    effect: 'refused',
    clientCode: 'unsupported_grant_type',
    meaning: 'GRANT_UNSUPPORTED',
    hint: 'GRANT_UNSUPPORTED',
    own: true,
  },
})
