import type { ServiceConfig } from '../evidence.ts'
import { certain, found, probable } from '../finding.ts'
import { errorOf, header, headerValues, isAccepted, requestOf, urlOf } from '../http-facts.ts'
import { bareToken, looksLikeJwt, type PastedToken, readPasted } from '../pasted-token.ts'
import type { Rule } from '../rule.ts'
import { corsCredentials, headerNotAllowed, preflightGuarded } from './cors.ts'

/** How to make a proxy pass the header on, by its name. */
const PASS_ON: readonly (readonly [RegExp, string])[] = [
  [
    /nginx|openresty|ingress/i,
    'nginx: `proxy_set_header Authorization $http_authorization;` and `proxy_pass_header Authorization;` in the location.',
  ],
  [
    /apache|httpd|wsgi|fcgi|cgi/i,
    'Apache: `CGIPassAuth On` (CGI, FastCGI) or `WSGIPassAuthorization On` (mod_wsgi), or `SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1`.',
  ],
  [
    /cloudfront|cdn/i,
    'CloudFront: add Authorization to the origin request policy (forward the header); it is left out by default.',
  ],
  [
    /traefik|envoy|haproxy|caddy|kong|alb|gateway/i,
    'Look for a rule that removes request headers or for an authentication filter that consumes Authorization.',
  ],
]

function passOn(fronts: ServiceConfig['in_front'] = []): string[] {
  const known = fronts.flatMap(({ software }) =>
    PASS_ON.filter(([name]) => name.test(software)).map(([, text]) => text),
  )
  return known.length > 0 ? [...new Set(known)] : PASS_ON.slice(0, 2).map(([, text]) => text)
}

const stripped: Rule = ({ exchanges, config }) => {
  const exchange = exchanges.find(
    ({ as_sent, as_received }) =>
      as_received !== undefined &&
      header(as_sent, 'authorization') !== undefined &&
      header(as_received, 'authorization') === undefined,
  )
  if (exchange !== undefined) {
    const names = config.in_front?.map(({ software }) => software).join(', ')
    return certain('PROXY_STRIPS_AUTH', {
      evidence: [
        `The client sent the Authorization header, and it did not arrive at the service: it was removed on the way, between client and server${names ? ` (in front: ${names})` : ''}.`,
      ],
      fix: [
        'Let the reverse proxy, ingress or gateway forward the Authorization header: pass it on (keep, preserve it) to the service by name.',
        ...passOn(config.in_front),
        'Then compare again what is sent with what is received: `countersign doctor exchange FILE`.',
      ],
      explains: ['HDR_MISSING', 'HDR_WRONG_LOCATION', 'STATUS_SWAPPED'],
    })
  }
  const suspicious = config.in_front?.find(
    ({ software, settings = {} }) =>
      (/wsgi|cgi/i.test(software) &&
        !/on|true/i.test(String(settings.WSGIPassAuthorization ?? settings.CGIPassAuth))) ||
      Object.entries(settings).some(
        ([name, value]) => /authorization/i.test(name) && /^(?:""|''|off|remove|)$/i.test(String(value)),
      ),
  )
  const received = exchanges.find(
    ({ as_received }) => as_received !== undefined && header(as_received, 'authorization') === undefined,
  )
  if (suspicious === undefined || received === undefined) return undefined
  return probable('PROXY_STRIPS_AUTH', {
    evidence: [
      `No Authorization header arrived at the service, and ${suspicious.software} in front is set up so that it does not pass the header on.`,
    ],
    settledBy: ['the request as the client sent it (`curl -v`), to compare with the one received'],
    fix: [
      'Let the proxy forward (pass, keep) the Authorization header to the service.',
      ...passOn(config.in_front),
    ],
    explains: ['HDR_MISSING'],
  })
}

/** A token of its own, and not what is left of the one that was sent, or that one twice, or a mask in a log. */
function isAnother({ text, parts, claims }: PastedToken, sent: string): boolean {
  return parts.length === 3 && claims !== undefined && !sent.includes(text) && !text.includes(sent)
}

const replaced: Rule = ({ exchanges, config, audiences }) => {
  for (const { as_sent, as_received } of exchanges) {
    const sent = header(as_sent, 'authorization')
    const received = header(as_received, 'authorization')
    if (received === undefined) continue
    const mine = readPasted(received)
    const original =
      headerValues(as_received, 'x-forwarded-authorization')[0] ??
      headerValues(as_received, 'x-original-authorization')[0]
    const iss = mine.claims?.iss
    const changed = sent !== undefined && looksLikeJwt(bareToken(sent)) && isAnother(mine, bareToken(sent))
    const isEdge =
      typeof iss === 'string' &&
      iss !== config.issuer &&
      /accounts\.google\.com|cloud\.google\.com\/iap|elasticloadbalancing|amazonaws|cloudflareaccess|sts\.windows\.net/.test(
        iss,
      )
    if (!changed && !(isEdge && original !== undefined)) continue
    const theirs = readPasted(sent ?? original ?? '').claims?.iss
    return certain('EDGE_REPLACES_TOKEN', {
      evidence: [
        `The token that arrived is not the one that was sent: a gateway on the way replaced it with its own identity token${typeof iss === 'string' ? ` of issuer ${iss}` : ''}${typeof theirs === 'string' ? ` (the client's own was of ${theirs})` : ''}.`,
      ],
      fix: [
        'Let the gateway (edge, service-to-service layer) carry its own token in another header, such as `X-Serverless-Authorization`, and pass the Authorization header of the client on unchanged.',
        `Keep verifying the issuer${audiences.length > 0 ? ` and the audience ${audiences.join(', ')}` : ''}: a gateway's token does not say who the caller is.`,
      ],
      explains: [
        'ISS_OTHER_ENVIRONMENT',
        'AUD_WRONG_API',
        'SIG_WRONG_KEY',
        'KID_UNKNOWN',
        'TOKEN_TYP_MISMATCH',
        'ID_TOKEN_AS_ACCESS',
        'ISS_HOST_ALIAS',
        'KID_MISSING',
      ],
    })
  }
  return undefined
}

const basicCollision: Rule = ({ exchange, config }) => {
  const { response } = exchange ?? {}
  const challenge = headerValues(response, 'www-authenticate').join(', ')
  const front = config.in_front?.find(({ settings = {} }) =>
    Object.entries(settings).some(
      ([name, value]) =>
        /auth_?basic|basic_?auth|authtype/i.test(name) && !/^(?:off|false)$/i.test(String(value)),
    ),
  )
  const sent = header(exchange?.as_sent, 'authorization')
  const received = header(exchange?.as_received, 'authorization')
  const path = urlOf(exchange && requestOf(exchange))?.pathname ?? ''
  if (/token|introspect|revoke|oauth/.test(path)) return undefined
  // Whoever says what is wrong with a client has read its Basic.
  if (errorOf(response) === 'invalid_client') return undefined
  const asksBasic = /^basic/i.test(challenge) && response?.status === 401
  const carriesBasic = /^basic/i.test(received ?? sent ?? '')
  const scheme = config.scheme ?? 'Bearer'
  if (/^basic$/i.test(scheme)) return undefined
  const both = asksBasic && /^bearer/i.test(sent ?? '')
  const taken =
    carriesBasic &&
    (front !== undefined || exchange?.as_sent?.url.includes('@') === true || /^bearer/i.test(challenge))
  if (!both && !taken) return undefined
  return found('BASIC_BEARER_COLLISION', both || front !== undefined || /^bearer/i.test(sent ?? ''), {
    evidence: [
      both
        ? `A Bearer token was sent, and a layer in front${front ? ` (${front.software})` : ''} answers with a Basic challenge: its password protection reads the same Authorization header.`
        : `The Authorization header that reached the API holds Basic credentials${front ? ` for ${front.software} in front` : ''}, so there is no room in it for the Bearer token: the two share one header.`,
    ],
    settledBy: ['whether a password protection (Basic) is switched on in the proxy in front'],
    fix: [
      "Take the API's paths out of the proxy's Basic password protection (`auth_basic off;` in the location of the API), or protect the site by network address, VPN or a cookie instead: one request has one Authorization header.",
      'Where both are needed, let one of the two use another header (separate header).',
    ],
    explains: ['HDR_SCHEME_MISMATCH', 'HDR_MISSING', 'HDR_DUPLICATE'],
  })
}

const sharedCache: Rule = ({ exchanges, config, token }) => {
  for (const exchange of exchanges) {
    const { response } = exchange
    if (!isAccepted(exchange) || response === undefined) continue
    const hit = /hit/i.test(
      `${header(response, 'x-cache') ?? ''} ${header(response, 'cf-cache-status') ?? ''} ${header(response, 'x-cache-status') ?? ''} ${header(response, 'x-proxy-cache') ?? ''} ${header(response, 'cache-status') ?? ''} ${header(response, 'x-varnish')?.includes(' ') ? 'hit' : ''}`,
    )
    const age = Number(header(response, 'age') ?? 0)
    if (!hit && !(age > 0)) continue
    const control = header(response, 'cache-control') ?? ''
    if (/no-store|private/.test(control)) continue
    const reached = exchange.as_received !== undefined
    if (reached) continue
    const anonymous = header(exchange.as_sent, 'authorization') === undefined
    const earlier = exchanges.find(
      (other) => other !== exchange && urlOf(requestOf(other))?.href === urlOf(requestOf(exchange))?.href,
    )
    const cache =
      config.in_front?.find(({ software }) =>
        /cdn|cloudfront|cloudflare|varnish|fastly|nginx|cache/i.test(software),
      )?.software ?? 'a cache (CDN or proxy)'
    return found('SHARED_CACHE', hit || anonymous || earlier !== undefined || token !== undefined, {
      evidence: [
        `The answer came from ${cache} (${hit ? 'a cache hit' : `Age: ${age}`}) and was not asked of the API: whoever asks for this address is given what somebody else was given, without any check of the credential.`,
      ],
      settledBy: ['the log of the API, which has no line for this request'],
      fix: [
        'Send `Cache-Control: no-store` (or `private`) with every answer that depends on who is asking, and make the cache obey it: bypass it for requests with Authorization.',
        'Purge (clear, invalidate) what the cache holds now: it may already have shown data of one person to another.',
      ],
      explains: [
        'ROUTE_UNGUARDED',
        'NOT_REVOKED',
        'WRONG_USER_DATA',
        'SKEW_HIDES_EXPIRY',
        'TOKEN_EXPIRED',
        'SCOPE_NOT_ENFORCED',
      ],
    })
  }
  return undefined
}

export const proxyRules: readonly Rule[] = [
  preflightGuarded,
  headerNotAllowed,
  replaced,
  stripped,
  basicCollision,
  corsCredentials,
  sharedCache,
]
