import { defineGroup } from './group.ts'

export const transport = defineGroup('transport', {
  HDR_MISSING: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'No credential reached the server',
    hint: 'No credential reached the server',
  },
  HDR_SCHEME_MISMATCH: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Scheme is not the one the server reads (`JWT x`, `Token x`, `Bearer: x`)',
    hint: 'Scheme is not the one the server reads (`JWT x`, `Token x`, `Bearer: x`)',
  },
  HDR_NO_SCHEME: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'Raw token with no scheme',
    hint: 'Raw token with no scheme',
  },
  HDR_DOUBLE_SCHEME: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: '`Bearer Bearer x` (prefix stored with the token)',
    hint: '`Bearer Bearer x` (prefix stored with the token)',
  },
  HDR_LITERAL_UNDEFINED: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: '`Bearer undefined`, `null`, `[object Object]`, `NaN`',
    hint: '`Bearer undefined`, `null`, `[object Object]`, `NaN`',
  },
  HDR_QUOTED_TOKEN: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'Quotes or JSON around the token (localStorage + JSON.stringify)',
    hint: 'Quotes or JSON around the token (localStorage + JSON.stringify)',
  },
  HDR_INVISIBLE_CHAR: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'Double space, tab, NBSP, zero-width or newline inside the value',
    hint: 'Double space, tab, NBSP, zero-width or newline inside the value',
  },
  HDR_DUPLICATE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'Two Authorization fields',
    hint: 'Two Authorization fields',
  },
  HDR_WRONG_LOCATION: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Token sent where the server does not look (other header, cookie, query)',
    hint: 'Token sent where the server does not look (other header, cookie, query)',
  },
  HDR_TOO_LARGE: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'Header over the server or proxy limit',
    hint: 'Header over the server or proxy limit',
  },
  HDR_DROPPED_ON_REDIRECT: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Client followed a redirect to another origin and the header was removed',
    hint: 'Client followed a redirect to another origin and the header was removed',
  },
  HDR_UNDERSCORE_NAME: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Custom key header with an underscore is removed by nginx/Apache 2.4',
    hint: 'Custom key header with an underscore is removed by nginx/Apache 2.4',
  },
  LOGIN_WRONG_CONTENT_TYPE: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'JSON body to a form token endpoint (or no form parser)',
    hint: 'JSON body to a form token endpoint (or no form parser)',
  },
  LOGIN_FORM_ENCODING: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'Password with `+`, `%` or `&` not form-encoded',
    hint: 'Password with `+`, `%` or `&` not form-encoded',
  },
  CREDENTIAL_TWICE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'CREDENTIAL_TWICE',
    hint: 'CREDENTIAL_TWICE',
    own: true,
  },
  TOKEN_IN_QUERY: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'TOKEN_IN_QUERY',
    hint: 'TOKEN_IN_QUERY',
    own: true,
  },
})
