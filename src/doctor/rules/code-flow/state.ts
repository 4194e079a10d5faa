import { certain, probable } from '../../finding.ts'
import { cookiesOf, errorOf, header, isRefused, requestOf, setCookiesOf, urlOf } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'
import { callbacks } from './calls.ts'

const STATE_COOKIE = /state|nonce|oauth|oidc|auth|pkce|txn|transaction|correlation|login|sess|sid|verif/i

export const state: Rule = (facts) => {
  const { exchanges, code } = facts
  const starts = exchanges.flatMap((exchange, index) => {
    const value = URL.parse(header(exchange.response, 'location') ?? '')?.searchParams.get('state')
    return value
      ? [
          {
            value,
            index,
            cookies: setCookiesOf(exchange.response).filter(({ name }) => STATE_COOKIE.test(name)),
            host: urlOf(requestOf(exchange))?.hostname,
          },
        ]
      : []
  })
  for (const { exchange, parameters, index, request } of callbacks(facts)) {
    const returned = parameters.get('state') ?? ''
    const cookies = cookiesOf(request)
    const earlier = starts.filter((one) => one.index < index)
    const mine = earlier.findLast(({ value }) => value === returned)
    const passed =
      exchange.response !== undefined &&
      exchange.response.status < 400 &&
      errorOf(exchange.response) === undefined
    const holds = [...cookies].some(
      ([name, value]) => STATE_COOKIE.test(name) && decodeURIComponentSafe(value).includes(returned),
    )
    const stateCookies = [...cookies.keys()].filter((name) => STATE_COOKIE.test(name))
    if (passed && !holds && (stateCookies.length === 0 || (mine === undefined && earlier.length > 0))) {
      return certain('STATE_NOT_VERIFIED', {
        evidence: [
          `The callback was accepted (${exchange.response?.status}) in a browser that ${stateCookies.length === 0 ? 'carries no state cookie, so it did not start this sign-in' : 'started another sign-in: the returned state is not the one of its cookie'}: an attacker can sign somebody in to the attacker's account (login CSRF).`,
        ],
        fix: [
          'Verify (check, compare) `state`: bind a random value to the browser with a cookie (`__Host-`, HttpOnly, SameSite=Lax) when the sign-in starts, compare it with the returned one, use it once, and refuse the callback where they differ or the cookie is missing.',
        ],
        explains: ['STATE_COOKIE_MISSING', 'STATE_OVERWRITTEN'],
      })
    }
    if (!isRefused(exchange)) continue
    const last = earlier.at(-1)
    const sameName =
      mine !== undefined &&
      last !== undefined &&
      last !== mine &&
      mine.cookies.some(({ name }) => last.cookies.some((other) => other.name === name))
    const set = exchanges
      .slice(0, index)
      .flatMap(({ response }) => setCookiesOf(response).filter(({ name }) => STATE_COOKIE.test(name)))
    const overwritten = set.some(({ name }, at) => set.findIndex((one) => one.name === name) !== at)
    const present = stateCookies.length > 0
    if (present && (sameName || overwritten) && !holds) {
      return certain('STATE_OVERWRITTEN', {
        evidence: [
          `Two sign-ins were started in this browser, and both set the cookie \`${set[0]?.name ?? stateCookies[0]}\`: the second overwrote the state of the first, and the callback of the first no longer matches.`,
        ],
        fix: [
          'Keep one cookie for each attempt: name it after its state (`__Host-login-<state>`), or keep several transactions (attempts) side by side in it.',
          'Do not start a second sign-in in parallel: a prefetch or two requests of one page do that.',
        ],
        explains: ['STATE_COOKIE_MISSING', 'PKCE_STALE_TRANSACTION'],
      })
    }
    if (present) continue
    const cookie = mine?.cookies[0] ?? set[0]
    const host = urlOf(request)?.hostname
    const otherHost = mine?.host !== undefined && host !== undefined && mine.host !== host
    const isPost = request?.method === 'POST'
    const sameSite = cookie?.attributes.get('samesite')
    return certain('STATE_COOKIE_MISSING', {
      evidence: [
        `The browser came back to the callback without the state cookie${cookie ? ` \`${cookie.name}\`` : ''}${otherHost ? `: the sign-in was started on ${mine?.host} and ends on ${host}, another host` : isPost ? `: the provider answers with a cross-site POST (form_post), and a cookie with SameSite=${sameSite ?? 'Lax (default)'} is not sent with that` : ': it was lost, cleared, or has expired'}.`,
      ],
      fix: [
        otherHost
          ? `Start and finish the sign-in on the same host: redirect ${mine?.host} to ${host} before it starts, or register the callback on the same host.`
          : isPost
            ? 'Set the state cookie with `SameSite=None; Secure` for a provider that posts back (form_post), or use `response_mode=query` (GET), with which SameSite=Lax is enough.'
            : 'Start the sign-in again in the same browser, and keep the cookie for some minutes (`Max-Age=600`, SameSite=Lax, Path=/, same host).',
      ],
      explains: ['HDR_MISSING', 'COOKIE_SAMESITE', 'STATUS_SWAPPED'],
    })
  }
  if (
    callbacks(facts).length === 0 &&
    /(?:callback|\/cb)['"`]/.test(code) &&
    /\bcode\b/.test(code) &&
    !/state/.test(code)
  ) {
    return probable('STATE_NOT_VERIFIED', {
      evidence: [
        'The callback handler reads `code` and never looks at `state`: a callback that was started in another browser is accepted.',
      ],
      settledBy: ['a callback with a state of another browser: is it refused?'],
      fix: [
        'Verify (compare) `state` with a value that is bound to this browser by a cookie, use it once, and refuse the callback where they differ.',
      ],
    })
  }
  return undefined
}

function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
