import { defineGroup } from './group.ts'

export const proxy = defineGroup('proxy', {
  PROXY_UNKNOWN: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'Requests come through a proxy that nobody has told us about.',
    hint:
      'The connection comes from a private address and carries X-Forwarded-For, and TRUSTED_PROXIES is ' +
      'not set: all people would share one limit and one address in the log. Set TRUSTED_PROXIES to how ' +
      'many proxies there are in front, or to their addresses.',
    own: true,
  },
  FORWARDED_METHOD_UNKNOWN: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'A proxy asks for a request with a cookie, and does not say by what method it was sent.',
    hint:
      'A cookie alone must not change anything, so `/forward-auth` has to know the method. Let the proxy set ' +
      '`X-Forwarded-Method`, overwriting what the client sent, and name the proxy in TRUSTED_PROXIES; ' +
      'docs/forward-auth.md has the lines for each.',
    sentence: 'This page may not do this. Open the application itself and repeat the step there.',
    own: true,
  },
  PROXY_STRIPS_AUTH: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'A reverse proxy or an ingress removes the Authorization header.',
    hint:
      'Modules that check passwords themselves, header allow-lists and CGI or WSGI bridges do this. ' +
      'Pass the header on by name and compare the request before and behind the proxy.',
  },
  EDGE_REPLACES_TOKEN: {
    effect: 'both',
    clientCode: 'token_invalid',
    meaning: 'A gateway replaces the token with an identity token of its own.',
    hint:
      'Cloud gateways that check callers use the same header. Let the gateway carry its token in ' +
      'another header, or accept its issuer on purpose in a verifier of its own.',
    prevented:
      "A token counts only if its issuer, audience and type are ours; a gateway's token is refused and " +
      "never taken for the caller's.",
  },
  BASIC_BEARER_COLLISION: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'Password protection at the proxy and bearer tokens at the API share one header.',
    hint:
      "A request can hold only one Authorization value. Take the API's paths out of the proxy's " +
      'protection, or protect the site by address or network instead.',
  },
  CORS_PREFLIGHT_AUTHED: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'The guard answers a preflight (OPTIONS) with 401.',
    hint:
      'Browsers send preflights without credentials. They have to be answered before the guard; in an ' +
      'application of your own put the CORS layer first.',
    prevented: 'Our CORS layer answers preflights before any guard looks at the request.',
  },
  CORS_HEADER_NOT_ALLOWED: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'The preflight answer does not allow the `authorization` header, or spells it wrong.',
    hint:
      'List every header the page sends in Access-Control-Allow-Headers; the star does not cover ' +
      'Authorization.',
  },
  CORS_CREDENTIALS: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning:
      'The browser withholds cookies: the answer allows any origin, or the page fetched without ' +
      "`credentials: 'include'`.",
    hint:
      'Cookies cross origins only if the page asks for it and the answer names that very origin. Add ' +
      "the page's origin to CORS_ORIGINS and set `credentials: 'include'` in the page.",
  },
  COOKIE_SAMESITE: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'The cookie stays at home, because the request comes from another site.',
    hint:
      'SameSite lets a cookie travel only within one site. Serve page and API from one site, or use ' +
      'bearer tokens between sites.',
  },
  COOKIE_SECURE_NO_PROXY_TRUST: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'A Secure cookie is never set, because the application takes its connection for http.',
    hint:
      'TLS ends at the proxy in front. Set ISSUER to the https address people use, and name the proxy ' +
      'in TRUSTED_PROXIES.',
    prevented: 'Whether our cookies are Secure follows from ISSUER, never from how a request arrived.',
  },
  COOKIE_FOREIGN_APP: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'A cookie of another application on the same host is read as the token.',
    hint:
      'Cookies are shared by all ports of a host and, with a Domain, by its sub-domains. Give each ' +
      'application cookie names of its own.',
  },
  THIRD_PARTY_COOKIE_BLOCKED: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: 'The browser blocks the cookie inside a hidden frame, so silent renewal fails.',
    hint: 'Browsers no longer send cookies of another site to a frame. Renew with a refresh token instead.',
    prevented: 'We renew by refresh token and never through a hidden frame.',
  },
  CSRF_TOKEN_STALE: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'The CSRF token belongs to an older session, or the page kept it over a reload.',
    hint:
      'Read the token anew after each sign-in and send the one that belongs to the present session. A ' +
      "page restored from the browser's history shows the same.",
    sentence: 'This page has become out of date. Load it again and repeat the step.',
  },
  CSRF_ORIGIN: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'A request that relies on the session cookie was not sent by a page that may use it.',
    hint:
      'What changes something, and opening a WebSocket, needs `Sec-Fetch-Site: same-origin` or an Origin that is ' +
      'the issuer or stands in CORS_ORIGINS. A script that is no browser sends `Origin` itself.',
    sentence: 'This page may not do this. Open the application itself and repeat the step there.',
    own: true,
  },
  SHARED_CACHE: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'A cache in front answers from memory without asking the API.',
    hint:
      'Send `Cache-Control: no-store` or `private` with every answer that depends on who is asking, ' +
      'and check that the cache obeys it. Our own endpoints do; your routes need it as well.',
  },
})
