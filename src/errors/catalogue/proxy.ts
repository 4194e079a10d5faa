import { defineGroup } from './group.ts'

export const proxy = defineGroup('proxy', {
  PROXY_STRIPS_AUTH: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Reverse proxy or ingress removes Authorization',
    hint: 'Reverse proxy or ingress removes Authorization',
  },
  EDGE_REPLACES_TOKEN: {
    effect: 'both',
    clientCode: 'token_invalid',
    meaning: 'Gateway replaces the token with its own identity token',
    hint: 'Gateway replaces the token with its own identity token',
  },
  BASIC_BEARER_COLLISION: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'HTTP Basic at the proxy and Bearer at the app share one header',
    hint: 'HTTP Basic at the proxy and Bearer at the app share one header',
  },
  CORS_PREFLIGHT_AUTHED: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Guard answers OPTIONS with 401',
    hint: 'Guard answers OPTIONS with 401',
  },
  CORS_HEADER_NOT_ALLOWED: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'Preflight does not allow `authorization` (or a misspelt header name)',
    hint: 'Preflight does not allow `authorization` (or a misspelt header name)',
  },
  CORS_CREDENTIALS: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Credentials with `*` origin, or fetch without `credentials: include`',
    hint: 'Credentials with `*` origin, or fetch without `credentials: include`',
  },
  COOKIE_SAMESITE: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'SameSite keeps the cookie home',
    hint: 'SameSite keeps the cookie home',
  },
  COOKIE_SECURE_NO_PROXY_TRUST: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Secure session cookie not set because the app thinks it is on http',
    hint: 'Secure session cookie not set because the app thinks it is on http',
  },
  COOKIE_FOREIGN_APP: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'Cookie of another app on the same host is parsed as the token',
    hint: 'Cookie of another app on the same host is parsed as the token',
  },
  THIRD_PARTY_COOKIE_BLOCKED: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Browser blocks third-party cookies in iframe renew',
    hint: 'Browser blocks third-party cookies in iframe renew',
  },
  CSRF_TOKEN_STALE: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'CSRF token bound to an old session or never refetched after reload',
    hint: 'CSRF token bound to an old session or never refetched after reload',
  },
  SHARED_CACHE: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'CDN or proxy cache answers without asking the API',
    hint: 'CDN or proxy cache answers without asking the API',
  },
})
