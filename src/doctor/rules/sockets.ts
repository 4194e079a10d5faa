import type { Exchange, HttpRequest } from '../evidence.ts'
import { certain, found, probable } from '../finding.ts'
import { cookiesOf, header, isRefused, requestOf, urlOf } from '../http-facts.ts'
import { looksLikeJwt, readPasted } from '../pasted-token.ts'
import type { Rule } from '../rule.ts'
import { ago, span } from '../words.ts'

const isSocket = (request: HttpRequest | undefined): boolean =>
  /websocket/i.test(header(request, 'upgrade') ?? '') ||
  header(request, 'sec-websocket-key') !== undefined ||
  /^wss?:/.test(request?.url ?? '')

const isSocketCall = ({ as_sent, as_received }: Exchange): boolean =>
  isSocket(as_sent) || isSocket(as_received)

/** What proves who opens the socket, in the address: a ticket or a token. */
function proofOf(request: HttpRequest | undefined): string | undefined {
  const query = urlOf(request)?.searchParams
  return (
    query?.get('ticket') ??
    query?.get('token') ??
    query?.get('access_token') ??
    query?.get('jwt') ??
    undefined
  )
}

const isFailed = (exchange: Exchange): boolean =>
  exchange.response === undefined || exchange.response.status !== 101

const upgradeDropped: Rule = ({ exchanges, config }) => {
  const call = exchanges.find(
    ({ as_sent, as_received }) =>
      isSocket(as_sent) && as_received !== undefined && header(as_received, 'upgrade') === undefined,
  )
  const front = config.in_front?.find(({ software }) =>
    /nginx|apache|httpd|ingress|haproxy|alb|elb|varnish/i.test(software),
  )
  const settings = JSON.stringify(front?.settings ?? {})
  const unset =
    front !== undefined && /nginx|ingress|apache|httpd/i.test(front.software) && !/upgrade/i.test(settings)
  const failed = exchanges.find(
    (one) =>
      isSocketCall(one) &&
      one.as_received === undefined &&
      [400, 426, 404, 502].includes(one.response?.status ?? 0),
  )
  if (call === undefined && !(failed !== undefined && unset)) return undefined
  return found('WS_PROXY_UPGRADE', call !== undefined, {
    evidence: [
      `The client asked for a WebSocket (\`Upgrade: websocket\`), and the header${call ? ' did not arrive at the service: a proxy on the way dropped Upgrade and Connection, which are hop-by-hop' : ` is not passed on by ${front?.software}, which needs to be told`}${front ? ` (in front: ${front.software})` : ''}.`,
    ],
    settledBy: ['the request as the service receives it'],
    fix: [
      'Let the proxy pass (forward) the upgrade: in nginx `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";` in the location of the socket (Apache: `RewriteCond %{HTTP:Upgrade} websocket` with mod_proxy_wstunnel).',
    ],
    explains: [
      'WS_HEADER_IMPOSSIBLE',
      'HDR_MISSING',
      'PROXY_STRIPS_AUTH',
      'STATUS_SWAPPED',
      'WS_SUBPROTOCOL',
    ],
  })
}

const subprotocol: Rule = ({ exchanges }) => {
  for (const exchange of exchanges.filter(isSocketCall)) {
    const sent = header(exchange.as_sent, 'sec-websocket-protocol')
    const received = header(exchange.as_received, 'sec-websocket-protocol')
    const protocols = (sent ?? received ?? '').split(/\s*,\s*/)
    const carries = protocols.some(
      (one) => looksLikeJwt(one) || /bearer|token|authorization|access/i.test(one) || one.length > 60,
    )
    if (!carries) continue
    const emptied =
      sent !== undefined && exchange.as_received !== undefined && (received === undefined || received === '')
    const notEchoed =
      exchange.response?.status === 101 && header(exchange.response, 'sec-websocket-protocol') === undefined
    if (!emptied && !notEchoed && !isFailed(exchange)) continue
    return certain('WS_SUBPROTOCOL', {
      evidence: [
        `The token was sent as a subprotocol (Sec-WebSocket-Protocol), and ${emptied ? 'a proxy on the way emptied or removed that header' : notEchoed ? 'the server did not echo one of the offered names, so the browser closes the socket' : `the answer was ${exchange.response?.status ?? 'none'}`}. Subprotocols are not meant for secrets.`,
      ],
      fix: [
        'Use a ticket: buy one with `POST /ws-ticket` (Authorization header), and open the socket with `?ticket=…`, which is good once and for some seconds.',
        'Where a subprotocol has to stay, let the server echo (select) the name of the protocol, never the token, and let the proxy pass the header on.',
      ],
      explains: ['WS_HEADER_IMPOSSIBLE', 'HDR_MISSING', 'HDR_WRONG_LOCATION', 'WS_PROXY_UPGRADE'],
    })
  }
  return undefined
}

const reconnect: Rule = ({ exchanges, events, now, code }) => {
  const calls = exchanges.filter(isSocketCall)
  for (const [index, exchange] of calls.entries()) {
    if (!isRefused(exchange) && exchange.response !== undefined) continue
    const proof = proofOf(requestOf(exchange)) ?? header(requestOf(exchange), 'authorization')
    if (proof === undefined) continue
    const before = calls
      .slice(0, index)
      .find((one) => (proofOf(requestOf(one)) ?? header(requestOf(one), 'authorization')) === proof)
    const exp = Number(readPasted(proof).claims?.exp)
    const expired = exp < now
    if (before === undefined && !(expired && looksLikeJwt(proof.replace(/^bearer /i, '')))) continue
    return reconnectFinding(
      `The socket was opened again with the same ${looksLikeJwt(proof) ? 'token' : 'ticket'} as the first time${expired ? `, which expired ${ago(exp, now)}` : ', which was used before'}.`,
      before !== undefined,
    )
  }
  const sockets = events.filter(
    ({ type, credential }) => /socket|ws\./.test(type ?? '') || credential === 'ticket',
  )
  const refused = sockets.filter(
    ({ outcome, check, detail }) =>
      outcome === 'refused' && /exp|used|consumed|stale|lost/.test(`${check} ${detail}`),
  )
  const opened = sockets.find(
    ({ outcome, credential_fp, jti }) =>
      outcome === 'ok' &&
      refused.some(
        (one) => (one.credential_fp && one.credential_fp === credential_fp) || (one.jti && one.jti === jti),
      ),
  )
  const onceInCode =
    /const \w*(?:token|ticket|url)\w* ?=[^\n]*\n[\s\S]*function connect|new ReconnectingWebSocket\(\s*[`'"][^)]*(?:token|ticket)=/i.test(
      code,
    )
  if (refused.length === 0 || !(opened !== undefined || onceInCode)) return undefined
  return reconnectFinding(
    `The socket was refused ${refused.length} ${refused.length === 1 ? 'time' : 'times'} on reconnect, with the credential of the first connection.`,
    opened !== undefined,
  )
}

function reconnectFinding(what: string, isProven: boolean) {
  return found('WS_RECONNECT_STALE', isProven, {
    evidence: [`${what} The client reconnects with the token (or ticket) of the first connection.`],
    settledBy: ['the addresses of both connections: is the credential the same?'],
    fix: [
      'Get a new (fresh) ticket for each connection: fetch it in the function that connects (a function as the URL of the reconnecting socket, not a text), refresh the access token before that, and do not build the URL once.',
    ],
    explains: [
      'TOKEN_EXPIRED',
      'WS_HEADER_IMPOSSIBLE',
      'HDR_WRONG_LOCATION',
      'HDR_MISSING',
      'REFRESH_NEW_TOKEN_UNUSED',
    ],
  })
}

const headerImpossible: Rule = ({ exchanges, code }) => {
  const inCode = /new WebSocket\([^)]*(?:headers|Authorization)/s.test(code)
  const call = exchanges.find(
    (one) =>
      isSocketCall(one) &&
      isRefused(one) &&
      header(requestOf(one), 'authorization') === undefined &&
      proofOf(requestOf(one)) === undefined &&
      header(requestOf(one), 'sec-websocket-protocol') === undefined,
  )
  if (call === undefined && !inCode) return undefined
  const request = call && requestOf(call)
  const browser =
    header(request, 'origin') !== undefined || /mozilla/i.test(header(request, 'user-agent') ?? '') || inCode
  if (cookiesOf(request).size > 0 && !inCode) return undefined
  return found('WS_HEADER_IMPOSSIBLE', browser, {
    evidence: [
      `The WebSocket was opened without a credential${call ? ` and answered ${call.response?.status}` : ''}: a browser cannot set the Authorization header of a WebSocket${inCode ? '; the options that the code passes to `new WebSocket` are taken for subprotocols or ignored' : ''}.`,
    ],
    settledBy: ['whether a browser opened it (Origin header)'],
    fix: [
      'Buy a ticket with `POST /ws-ticket` (there the Authorization header works), and open the socket with it: `new WebSocket("wss://…/ws?ticket=" + ticket)`. A ticket is good once and for some seconds. A session cookie of the same site works as well.',
      'Do not put the access token itself into the URL.',
    ],
    explains: ['HDR_MISSING', 'STATUS_SWAPPED'],
  })
}

const outlives: Rule = ({ events, token, now, exchanges }) => {
  const sockets = events.filter(({ type }) => /socket|ws\.|websocket/.test(type ?? ''))
  const alive = sockets.filter(({ outcome, type }) => outcome === 'ok' && !/clos|end/.test(type ?? ''))
  for (const event of alive) {
    const opened = sockets.find(
      ({ session, user, jti, time, type }) =>
        /open|accept|connect/.test(type ?? '') &&
        time <= event.time &&
        ((session && session === event.session) ||
          (jti && jti === event.jti) ||
          (user && user === event.user)),
    )
    const exp =
      event.exp ?? opened?.exp ?? (typeof token?.claims?.exp === 'number' ? token.claims.exp : undefined)
    const left = events.find(
      ({ type, user, session, time }) =>
        /logged_out|signed_out|logout|session\.(?:ended|revoked)|password_changed|disabled|deleted|revoked/.test(
          type ?? '',
        ) &&
        ((session && session === event.session) || (user && user === event.user)) &&
        time < event.time - 5,
    )
    const late = exp !== undefined && event.time > exp + 5
    if (!late && left === undefined) continue
    return certain('WS_OUTLIVES_TOKEN', {
      evidence: [
        `A socket was still in use ${late && exp !== undefined ? `${span(event.time - exp)} after its token had expired` : `${span(event.time - (left?.time ?? 0))} after ${left?.type?.replace(/^\w+\./, '').replaceAll('_', ' ')}`} (${ago(event.time, now)}): it was checked when it was opened and never again.`,
      ],
      fix: [
        'Close the socket when the credential that opened it expires or is revoked: keep `exp` and the session beside the connection, set a timer, and listen to revocations (logout); close with code 4401 or 1008. Countersign does so within five seconds.',
      ],
      explains: ['NOT_REVOKED', 'TOKEN_EXPIRED'],
    })
  }
  const open = exchanges.find((one) => isSocketCall(one) && one.response?.status === 101)
  const exp = token?.claims?.exp
  if (
    open === undefined ||
    typeof exp !== 'number' ||
    exp > now ||
    events.some(({ type }) => /socket\.closed/.test(type ?? ''))
  )
    return undefined
  return probable('WS_OUTLIVES_TOKEN', {
    evidence: [
      `A socket was opened with a token that expired ${ago(exp, now)}, and nothing says that it was closed.`,
    ],
    settledBy: ['whether the socket still gets messages'],
    fix: [
      'Close the socket when the credential that opened it expires or is revoked: keep `exp` and the session beside the connection.',
    ],
  })
}

export const socketRules: readonly Rule[] = [
  upgradeDropped,
  subprotocol,
  reconnect,
  headerImpossible,
  outlives,
]
