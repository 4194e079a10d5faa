import type { Exchange } from '../evidence.ts'
import { certain, found } from '../finding.ts'
import { header, isAccepted, requestOf, urlOf } from '../http-facts.ts'
import type { Rule } from '../rule.ts'

/** The headers a preflight asks leave for. */
const asked = (exchange: Exchange): string[] =>
  (header(requestOf(exchange), 'access-control-request-headers') ?? '')
    .toLowerCase()
    .split(/\s*,\s*/)
    .filter(Boolean)

const isPreflight = (exchange: Exchange): boolean =>
  requestOf(exchange)?.method === 'OPTIONS' &&
  header(requestOf(exchange), 'access-control-request-method') !== undefined

export const preflightGuarded: Rule = ({ exchanges }) => {
  const exchange = exchanges.find(
    (one) => isPreflight(one) && [401, 403, 405].includes(one.response?.status ?? 0),
  )
  if (exchange === undefined) return undefined
  return certain('CORS_PREFLIGHT_AUTHED', {
    evidence: [
      `The preflight (OPTIONS) was answered ${exchange.response?.status}. Browsers send preflights without credentials, so a guard that asks for one stops every call of the page before it is made.`,
    ],
    fix: [
      'Answer preflight (OPTIONS) requests before the guard: register the CORS layer first, ahead of authentication, so that preflights are exempt and everything else stays guarded.',
      'Countersign does so by itself: list the page in CORS_ORIGINS.',
    ],
    explains: ['HDR_MISSING', 'CORS_HEADER_NOT_ALLOWED', 'CORS_CREDENTIALS'],
  })
}

export const headerNotAllowed: Rule = ({ exchanges }) => {
  for (const exchange of exchanges) {
    if (!isPreflight(exchange) || !isAccepted(exchange)) continue
    const raw = header(exchange.response, 'access-control-allow-headers') ?? ''
    const allowed = raw.toLowerCase().split(/\s*,\s*/)
    const star = allowed.includes('*')
    const missing = asked(exchange).filter(
      (name) => !allowed.includes(name) && !(star && name !== 'authorization'),
    )
    if (missing.length === 0) continue
    const near = allowed.find((name) => name !== '*' && missing.some((wanted) => isNear(name, wanted)))
    const origin = header(requestOf(exchange), 'origin')
    const isUnlisted =
      origin !== undefined && header(exchange.response, 'access-control-allow-origin') === undefined
    return certain('CORS_HEADER_NOT_ALLOWED', {
      evidence: [
        `The preflight asks leave for ${missing.map((name) => `\`${name}\``).join(', ')}, and Access-Control-Allow-Headers is ${raw === '' ? 'absent' : `\`${raw}\``}${near ? `: \`${near}\` is misspelt` : star ? ': the star (wildcard) does not cover Authorization' : ''}. So the browser does not send the request.`,
        ...(isUnlisted
          ? [`Access-Control-Allow-Origin is absent too: the origin ${origin} is not on the service's list.`]
          : []),
      ],
      fix: [
        ...(isUnlisted
          ? [
              `Put the origin on the allow-list of the service; the headers follow from it in many. Countersign: \`CORS_ORIGINS=${origin}\`.`,
            ]
          : []),
        `List the header by name in Access-Control-Allow-Headers: \`Access-Control-Allow-Headers: ${missing.join(', ')}\` (allow the header ${missing.join(', ')} in the CORS configuration of the server).`,
      ],
      explains: ['HDR_MISSING', 'CORS_CREDENTIALS'],
    })
  }
  return undefined
}

/** One letter more, less or other, or a character that does not belong. */
function isNear(a: string, b: string): boolean {
  const plain = (text: string) => text.replaceAll(/[^a-z]/g, '')
  const [x, y] = [plain(a), plain(b)]
  if (x === y) return true
  if (Math.abs(x.length - y.length) > 1 || x.length < 5) return false
  let start = 0
  while (start < x.length && x[start] === y[start]) start++
  const rest = [x.slice(start), y.slice(start)] as const
  return (
    [rest[0].slice(1) === rest[1].slice(1), rest[0].slice(1) === rest[1], rest[0] === rest[1].slice(1)].some(
      Boolean,
    ) || [...x].sort().join('') === [...y].sort().join('')
  )
}

export const corsCredentials: Rule = ({ exchanges, code }) => {
  for (const exchange of exchanges) {
    const request = requestOf(exchange)
    const origin = header(request, 'origin')
    const url = urlOf(request)
    if (origin === undefined || url === undefined || exchange.response === undefined) continue
    if (URL.parse(origin)?.origin === url.origin) continue
    const allowed = header(exchange.response, 'access-control-allow-origin')
    const withCredentials =
      header(exchange.response, 'access-control-allow-credentials')?.toLowerCase() === 'true'
    const cookies = header(request, 'cookie') !== undefined
    const setsCookie = header(exchange.response, 'set-cookie') !== undefined
    const usesCookies = cookies || setsCookie || /credentials|cookie/i.test(code)
    if (allowed === '*' && (withCredentials || usesCookies)) {
      return certain('CORS_CREDENTIALS', {
        evidence: [
          `The answer allows any origin (\`Access-Control-Allow-Origin: *\`) for a request with credentials from ${origin}. Browsers take neither the answer nor its cookies then: with credentials the star (wildcard) does not count.`,
        ],
        fix: [
          `Name the exact origin: \`Access-Control-Allow-Origin: ${origin}\`, \`Access-Control-Allow-Credentials: true\` and \`Vary: Origin\`, from an explicit allow-list of origins.`,
          "In the page send the request with `fetch(url, { credentials: 'include' })`.",
        ],
        explains: ['HDR_MISSING', 'COOKIE_SAMESITE'],
      })
    }
    if (
      allowed !== undefined &&
      allowed !== '*' &&
      usesCookies &&
      !withCredentials &&
      !isPreflight(exchange)
    ) {
      return found('CORS_CREDENTIALS', cookies || setsCookie, {
        evidence: [
          `The answer to ${origin} lacks \`Access-Control-Allow-Credentials: true\`, so the browser withholds it from a page that sent credentials (cookies).`,
        ],
        settledBy: ["whether the page fetches with `credentials: 'include'`"],
        fix: [
          `Answer \`Access-Control-Allow-Credentials: true\` with the exact origin ${origin} (allow-list).`,
          "In the page send the request with `credentials: 'include'`.",
        ],
        explains: ['HDR_MISSING'],
      })
    }
  }
  const fetches =
    /fetch\(|axios|XMLHttpRequest/.test(code) &&
    !/credentials\s*:\s*['"]include|withCredentials\s*[:=]\s*true/.test(code)
  const cross = exchanges.find((exchange) => {
    const origin = header(requestOf(exchange), 'origin')
    const url = urlOf(requestOf(exchange))
    return (
      origin !== undefined &&
      url !== undefined &&
      URL.parse(origin)?.origin !== url.origin &&
      exchange.response?.status === 401 &&
      header(requestOf(exchange), 'cookie') === undefined
    )
  })
  const hadCookie = exchanges.some(({ response }) => header(response, 'set-cookie') !== undefined)
  if (fetches && cross !== undefined && header(requestOf(cross), 'authorization') === undefined) {
    return found(
      'CORS_CREDENTIALS',
      hadCookie || header(cross.response, 'access-control-allow-credentials') === 'true',
      {
        evidence: [
          "The page fetches from another origin without `credentials: 'include'`, so the browser sends no cookie with the request.",
        ],
        settledBy: ['whether the service is meant to be asked with a cookie'],
        fix: [
          "Send the request with `fetch(url, { credentials: 'include' })` (axios: `withCredentials: true`), and let the server name the exact origin with `Access-Control-Allow-Credentials: true`.",
        ],
        explains: ['HDR_MISSING'],
      },
    )
  }
  return undefined
}
