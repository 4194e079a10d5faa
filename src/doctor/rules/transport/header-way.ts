import type { HttpRequest } from '../../evidence.ts'
import { certain, found } from '../../finding.ts'
import { header, urlOf, wordsOf } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'

export const tooLarge: Rule = (facts) => {
  const { exchange } = facts
  const response = exchange?.response
  const request = exchange?.as_sent ?? exchange?.as_received
  if (response === undefined) return undefined
  const bytes = (request?.headers ?? []).reduce(
    (sum, [name, value]) => sum + name.length + value.length + 4,
    0,
  )
  const words = wordsOf(response)
  const said =
    response.status === 431 ||
    response.status === 494 ||
    /header[^.]{0,30}too (?:large|big|long)|request header or cookie|fields too large/.test(words)
  const plausible =
    bytes > 8000 && [400, 413, 414, 502, 520].includes(response.status) && exchange?.as_received === undefined
  if (!said && !plausible) return undefined
  return found('HDR_TOO_LARGE', said, {
    evidence: [
      `The answer is ${response.status}${said ? ', which says that the header fields are too large' : ''}; the headers of the request have about ${bytes} bytes. Servers and proxies stop at 4 to 16 KiB (nginx 8 KiB, Node 16 KiB).`,
    ],
    settledBy: ['the error log of the proxy in front, which names the limit that was exceeded'],
    fix: [
      'Make the token and the cookies smaller: keep profiles, group lists and permissions out of claims, and remove cookies that nobody reads (fewer claims, reference them by id).',
      'Compare with the header size limit of every proxy on the way (nginx `large_client_header_buffers`, Node `--max-http-header-size`).',
    ],
    explains: ['HDR_MISSING', 'STATUS_SWAPPED', 'PROXY_STRIPS_AUTH'],
  })
}

/** Whether a request is the one that a redirect leads to: there may be others between the two. */
function isCallTo(target: URL, request: HttpRequest | undefined): boolean {
  const url = urlOf(request)
  return url?.hostname === target.hostname && url.pathname === target.pathname
}

export const droppedOnRedirect: Rule = ({ exchanges }) => {
  for (const [index, { as_sent: first, response }] of exchanges.entries()) {
    const location = header(response, 'location')
    const from = urlOf(first)
    if (location === undefined || from === undefined || header(first, 'authorization') === undefined) continue
    const to = URL.parse(location, from.href)
    if (to === null) continue
    const next = exchanges.slice(index + 1).find((later) => isCallTo(to, later.as_sent ?? later.as_received))
    const second = next && (next.as_sent ?? next.as_received)
    if (second === undefined || header(second, 'authorization') !== undefined) continue
    const what = to.protocol !== from.protocol ? 'scheme' : to.hostname !== from.hostname ? 'host' : 'port'
    if (to.origin === from.origin) continue
    return certain('HDR_DROPPED_ON_REDIRECT', {
      evidence: [
        `${from.origin}${from.pathname} answered ${response?.status} with a redirect to ${to.origin}${to.pathname}, another origin (the ${what} differs). The client followed it and left the Authorization header behind, as HTTP clients do on purpose.`,
      ],
      fix: [
        `Call the final address directly: set the base URL of the client to ${to.origin} (right scheme, host and slash), so that no redirect happens.`,
        'Do not forward credentials across origins by hand: the target of a redirect is not always yours.',
      ],
      explains: ['HDR_MISSING', 'PROXY_STRIPS_AUTH', 'STATUS_SWAPPED'],
    })
  }
  return undefined
}

const DROPS_UNDERSCORES = /nginx|apache|openresty|ingress|kong|tengine/i

export const underscore: Rule = ({ exchange, config }) => {
  const received = exchange?.as_received
  const lost = exchange?.as_sent?.headers.find(
    ([name]) => name.includes('_') && received !== undefined && header(received, name) === undefined,
  )?.[0]
  const wanted = config.api_key_header
  const front = config.in_front?.find(({ software }) => DROPS_UNDERSCORES.test(software))
  const configured =
    wanted?.includes('_') === true &&
    front !== undefined &&
    front.settings?.underscores_in_headers !== 'on' &&
    front.settings?.underscores_in_headers !== true &&
    (received === undefined || header(received, wanted) === undefined)
  const name = lost ?? (configured ? wanted : undefined)
  if (name === undefined) return undefined
  const hyphens = name.replaceAll('_', '-')
  return found('HDR_UNDERSCORE_NAME', lost !== undefined, {
    evidence: [
      lost !== undefined
        ? `The header \`${name}\` was sent and did not arrive; its name has an underscore, and ${front?.software ?? 'nginx and Apache 2.4'} drops such headers silently.`
        : `The key is read from \`${name}\`, a name with an underscore, behind ${front?.software}, which drops such headers silently.`,
    ],
    settledBy: ['the request as the service receives it, behind the proxy'],
    fix: [
      `Use a name with a hyphen (dash) instead of the underscore, such as \`${hyphens}\`, in the client and in the service: rename the header on both sides.`,
      'Where the name cannot be changed, nginx passes it on with `underscores_in_headers on;`.',
    ],
    explains: ['HDR_MISSING', 'PROXY_STRIPS_AUTH', 'HDR_WRONG_LOCATION'],
  })
}
