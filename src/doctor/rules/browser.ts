import { certain, found, probable } from '../finding.ts'
import {
  cookiesOf,
  errorOf,
  header,
  isRefused,
  requestOf,
  setCookiesOf,
  siteOf,
  urlOf,
  wordsOf,
} from '../http-facts.ts'
import { bareToken, looksLikeJwt, readPasted } from '../pasted-token.ts'
import type { Rule } from '../rule.ts'

/** Whether a request comes from a page of another site. */
function isCrossSite(request: ReturnType<typeof requestOf>): boolean {
  const said = header(request, 'sec-fetch-site')
  if (said !== undefined) return said === 'cross-site'
  const page = URL.parse(header(request, 'origin') ?? header(request, 'referer') ?? '')
  const url = urlOf(request)
  return page !== null && url !== undefined && siteOf(page) !== siteOf(url)
}

const thirdPartyBlocked: Rule = ({ exchanges, code }) => {
  const framed = exchanges.find((exchange) => {
    const request = requestOf(exchange)
    const prompt = urlOf(request)?.searchParams.get('prompt')
    const inFrame = header(request, 'sec-fetch-dest') === 'iframe' || prompt === 'none'
    return inFrame && header(request, 'cookie') === undefined && (isCrossSite(request) || prompt === 'none')
  })
  const failed = exchanges.some(({ response }) => errorOf(response) === 'login_required')
  const silent =
    /checkSession|signinSilent|silentRenew|automaticSilentRenew|prompt\s*[:=]\s*['"]?none|silent-check-sso/i.test(
      code,
    )
  if (framed === undefined && !(failed && silent)) return undefined
  return found(
    'THIRD_PARTY_COOKIE_BLOCKED',
    framed !== undefined && (failed || header(requestOf(framed), 'sec-fetch-dest') === 'iframe'),
    {
      evidence: [
        `The silent renewal runs in a hidden iframe of another site, and the browser sent no cookie with it${failed ? ': the answer is login_required' : ''}. Browsers block third-party cookies there.`,
      ],
      settledBy: ['the same request in a top-level window, where the cookie is sent'],
      fix: [
        'Renew with a refresh token instead of a hidden iframe (authorization code with PKCE and rotating refresh tokens).',
        'Or serve the sign-in under the same site as the application (a custom domain), so that its cookie is first-party.',
      ],
      explains: ['COOKIE_SAMESITE', 'HDR_MISSING', 'STATE_COOKIE_MISSING'],
    },
  )
}

const sameSite: Rule = ({ exchanges }) => {
  for (const [index, exchange] of exchanges.entries()) {
    const request = requestOf(exchange)
    if (!isRefused(exchange) || !isCrossSite(request)) continue
    const set = exchanges.slice(0, index).flatMap(({ response }) => setCookiesOf(response))
    const cookies = cookiesOf(request)
    const kept = set.find(
      ({ name, attributes, isCleared }) =>
        !isCleared && !cookies.has(name) && attributes.get('samesite')?.toLowerCase() !== 'none',
    )
    if (kept === undefined) continue
    if (/csrf|xsrf/i.test(kept.name) || /state|nonce|pkce|txn|verif|correlation/i.test(kept.name)) continue
    const mode = kept.attributes.get('samesite') ?? 'Lax (the default of browsers)'
    return certain('COOKIE_SAMESITE', {
      evidence: [
        `The cookie \`${kept.name}\` was set with SameSite=${mode}, and the request comes from a page of another site (cross-site), so the browser did not send it.`,
      ],
      fix: [
        'Serve page and API from the same site (one registrable domain, such as app.example.com and api.example.com), or behind one origin.',
        'Where they must be two sites, set the cookie with `SameSite=None; Secure` and guard against CSRF, or use a bearer token between sites.',
      ],
      explains: ['HDR_MISSING', 'CORS_CREDENTIALS', 'STATUS_SWAPPED'],
    })
  }
  return undefined
}

const secureNoTrust: Rule = ({ exchanges, config, evidence }) => {
  const hops = config.trusted_proxy_hops
  for (const [index, exchange] of exchanges.entries()) {
    const proto = header(exchange.as_received, 'x-forwarded-proto')
    if (proto !== 'https' || (hops !== undefined && hops > 0)) continue
    const path = urlOf(requestOf(exchange))?.pathname ?? ''
    const isLogin = /login|sign-?in|session|auth/.test(path) && requestOf(exchange)?.method === 'POST'
    const ok = exchange.response !== undefined && exchange.response.status < 400
    if (!isLogin || !ok || header(exchange.response, 'set-cookie') !== undefined) continue
    const later = exchanges
      .slice(index + 1)
      .find((next) => isRefused(next) && header(requestOf(next), 'cookie') === undefined)
    const settings = JSON.stringify([config.verifier?.options ?? {}, evidence.client?.settings ?? {}])
    const isSecure = /secure"?:\s*true|"Secure|cookie\.secure/i.test(settings)
    return found('COOKIE_SECURE_NO_PROXY_TRUST', hops === 0 || isSecure, {
      evidence: [
        `The sign-in succeeded behind a proxy that ends TLS (X-Forwarded-Proto: https), and the answer has no Set-Cookie${later ? '; the next request carries no cookie' : ''}: the application trusts no proxy${hops === 0 ? ' (trusted_proxy_hops is 0)' : ''}, takes its connection for http, and leaves out a cookie that is marked Secure.`,
      ],
      settledBy: ['the setting of the application that says how many proxies it trusts'],
      fix: [
        "Tell the application to trust the proxy in front: `TRUSTED_PROXIES=1` (Express: `app.set('trust proxy', 1)`), exactly as many hops as there are, so that it knows the connection is https.",
        'Keep the cookie Secure.',
      ],
      explains: ['HDR_MISSING', 'COOKIE_SAMESITE', 'SESSION_STORE_LOST'],
    })
  }
  return undefined
}

const foreignCookie: Rule = ({ exchanges, config, exchange }) => {
  if (exchange === undefined || !isRefused(exchange)) return undefined
  const request = requestOf(exchange)
  if (header(request, 'authorization') !== undefined) return undefined
  const lines =
    request?.headers
      .filter(([name]) => name.toLowerCase() === 'cookie')
      .flatMap(([, value]) => value.split(/;\s*/)) ?? []
  const names = lines.map((line) => line.split('=')[0] ?? '')
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  const own = new Set(exchanges.flatMap(({ response }) => setCookiesOf(response).map(({ name }) => name)))
  for (const [name, value] of cookiesOf(request)) {
    if (!/token|jwt|auth|session|sid/i.test(name)) continue
    const iss = looksLikeJwt(bareToken(value)) ? readPasted(value).claims?.iss : undefined
    const isForeign = typeof iss === 'string' && config.issuer !== undefined && iss !== config.issuer
    const isNoToken =
      /^(?:access_?token|token|jwt|auth_?token)$/i.test(name) &&
      !looksLikeJwt(bareToken(value)) &&
      value.length > 0
    if (!isForeign && !isNoToken && twice !== name) continue
    const url = urlOf(request)
    const host = url?.hostname ?? 'the host'
    return found('COOKIE_FOREIGN_APP', isForeign || twice === name || !own.has(name), {
      evidence: [
        `The cookie \`${name}\` that the browser sends to ${host} was not made by this service: ${isForeign ? `it holds a token of issuer ${iss}` : twice === name ? 'the name stands there twice, once from another application' : 'its value has not the form of a token of ours'}. Cookies are shared by all ports and applications of one host (localhost above all).`,
      ],
      settledBy: ['which application on this host sets a cookie of that name'],
      fix: [
        `Give the cookie of each application a name of its own (rename it, add a prefix such as \`__Host-myapp_${name}\`), and do not set a Domain that shares it with other applications.`,
        'Remove the foreign cookie from the browser once, or give each application its own host name.',
      ],
      explains: [
        'TOKEN_OPAQUE',
        'HDR_WRONG_LOCATION',
        'ISS_OTHER_ENVIRONMENT',
        'SIG_WRONG_KEY',
        'HDR_MISSING',
        'TOKEN_TRUNCATED',
      ],
    })
  }
  return undefined
}

/** As a page reads a cookie: most write it percent-encoded, and a stray percent sign stands for itself. */
function unescaped(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

const staleCsrf: Rule = ({ exchanges, events }) => {
  const event = events.find(
    ({ outcome, check, detail }) => outcome === 'refused' && /csrf/i.test(`${check} ${detail}`),
  )
  for (const [index, exchange] of exchanges.entries()) {
    if (!isRefused(exchange)) continue
    const request = requestOf(exchange)
    const sent = request?.headers.find(([name]) => /csrf|xsrf/i.test(name) && name.toLowerCase() !== 'cookie')
    const words = wordsOf(exchange.response)
    const status = exchange.response?.status ?? 0
    if (sent === undefined && !/csrf|xsrf|antiforgery|authenticity token/.test(words)) continue
    if (![400, 403, 419, 422].includes(status)) continue
    const renewed = exchanges
      .slice(0, index)
      .some(({ response }) => setCookiesOf(response).some(({ name }) => /sess|sid|csrf|xsrf/i.test(name)))
    const cookieValue = [...cookiesOf(request)].find(([name]) => /csrf|xsrf/i.test(name))?.[1]
    const differs =
      sent !== undefined && cookieValue !== undefined && unescaped(cookieValue) !== unescaped(sent[1])
    return found('CSRF_TOKEN_STALE', differs || renewed || /csrf|xsrf/.test(words), {
      evidence: [
        `The request was answered ${status} because its CSRF token does not belong to the present session${renewed ? ': a new session or CSRF cookie was set after the page had read its token (a sign-in or reload in between)' : differs ? ': header and cookie hold two different values' : ''}.`,
      ],
      settledBy: ['when the page read its CSRF token, and whether the session changed after that'],
      fix: [
        'Fetch the CSRF token again (anew, fresh) after each sign-in and after each reload, and send the one that belongs to the current session.',
        'On this answer load a new token once and repeat the request.',
      ],
      explains: ['STATUS_SWAPPED', 'HDR_MISSING'],
    })
  }
  if (event === undefined) return undefined
  return probable('CSRF_TOKEN_STALE', {
    evidence: [
      'The check of the CSRF token refused: the token belongs to an older session, or the page kept it over a reload.',
    ],
    settledBy: ['whether the session was renewed (sign-in) after the page read its token'],
    fix: [
      'Fetch the CSRF token again (anew) after each sign-in and reload, and send the one of the current session.',
    ],
  })
}

export const browserRules: readonly Rule[] = [
  staleCsrf,
  thirdPartyBlocked,
  secureNoTrust,
  sameSite,
  foreignCookie,
]
