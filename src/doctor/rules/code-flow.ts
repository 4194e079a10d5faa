import { createHash } from 'node:crypto'
import type { Exchange } from '../evidence.ts'
import type { Facts } from '../facts.ts'
import { certain, type Finding, found, probable } from '../finding.ts'
import {
  cookiesOf,
  errorOf,
  fieldsOf,
  header,
  isRefused,
  parametersOf,
  requestOf,
  setCookiesOf,
  urlOf,
  wordsOf,
} from '../http-facts.ts'
import { readPasted } from '../pasted-token.ts'
import type { Rule } from '../rule.ts'
import { clipped } from '../words.ts'

/** Requests to an authorization endpoint: as they were made, or as a redirect asks a browser to make them. */
function authorizations({ exchanges }: Facts): readonly ReadonlyMap<string, string>[] {
  return exchanges.flatMap((exchange) => {
    const own = parametersOf(requestOf(exchange))
    const to = URL.parse(header(exchange.response, 'location') ?? '')
    const found: ReadonlyMap<string, string>[] = []
    if (
      own.has('response_type') ||
      (own.has('redirect_uri') && own.has('client_id') && !own.has('grant_type'))
    )
      found.push(own)
    if (to?.searchParams.has('response_type') || to?.searchParams.has('redirect_uri'))
      found.push(new Map(to.searchParams))
    return found
  })
}

/** Exchanges of a code for tokens. */
function redemptions({ exchanges }: Facts) {
  return exchanges.flatMap((exchange) => {
    const parameters = parametersOf(requestOf(exchange))
    return parameters.get('grant_type') === 'authorization_code' ||
      (parameters.has('code') && requestOf(exchange)?.method === 'POST' && parameters.has('client_id'))
      ? [{ exchange, parameters }]
      : []
  })
}

/** The browser coming back from the provider. */
function callbacks({ exchanges }: Facts) {
  return exchanges.flatMap((exchange, index) => {
    const request = requestOf(exchange)
    const parameters = parametersOf(request)
    const isBack =
      parameters.has('state') &&
      (parameters.has('code') || parameters.has('error')) &&
      !parameters.has('response_type') &&
      !parameters.has('grant_type')
    return isBack ? [{ exchange, parameters, index, request }] : []
  })
}

const redirectUri: Rule = (facts) => {
  const { client, evidence, config, exchanges } = facts
  const registered =
    client.registration?.redirect_uris ??
    evidence.store?.clients?.flatMap(({ redirect_uris = [] }) => redirect_uris) ??
    []
  const complained = exchanges.some(({ response }) =>
    /redirect_uri_mismatch|redirect_uri|redirect uri/.test(wordsOf(response)),
  )
  for (const parameters of [
    ...authorizations(facts),
    ...redemptions(facts).map(({ parameters: own }) => own),
  ]) {
    const sent = parameters.get('redirect_uri')
    if (sent === undefined || registered.includes(sent)) continue
    if (registered.length === 0 && !complained) continue
    const secure = sent.replace(/^http:/, 'https:')
    const behindTls = exchanges.some(
      ({ as_received }) => header(as_received, 'x-forwarded-proto') === 'https',
    )
    if (
      sent.startsWith('http:') &&
      !/^http:\/\/(?:localhost|127\.|\[::1\])/.test(sent) &&
      (registered.includes(secure) || (registered.length === 0 && behindTls))
    ) {
      return found('REDIRECT_HTTP_BEHIND_TLS', behindTls || config.trusted_proxy_hops === 0, {
        evidence: [
          `The application sends \`redirect_uri=${clipped(sent)}\`, and ${registered.includes(secure) ? `\`${secure}\` is registered` : 'it is reached by https'}: it stands behind a proxy that ends TLS${behindTls ? ' (X-Forwarded-Proto: https arrives)' : ''} and builds its address with http${config.trusted_proxy_hops === 0 ? ', because it trusts no proxy (trusted_proxy_hops is 0), so X-Forwarded-Proto is not read' : ' (X-Forwarded-Proto is not read)'}.`,
        ],
        settledBy: ['whether the proxy sends X-Forwarded-Proto, and whether the application trusts it'],
        fix: [
          `Tell the application its public URL (\`PUBLIC_URL=${new URL(secure).origin}\`), or let it trust the proxy in front by number of hops: \`TRUSTED_PROXIES=1\` (Express \`app.set('trust proxy', 1)\`, uvicorn \`--proxy-headers\`), so that it builds the https address.`,
          'The registered address stays as it is: https.',
        ],
        explains: ['REDIRECT_URI_MISMATCH'],
      })
    }
    const near = registered[0]
    return certain('REDIRECT_URI_MISMATCH', {
      evidence: [
        `The redirect_uri \`${clipped(sent)}\` is not registered for the client${
          registered.length > 0
            ? ` (registered: ${registered
                .slice(0, 4)
                .map((one) => `\`${clipped(one)}\``)
                .join(', ')})`
            : ''
        }${near ? `; ${differenceOf(sent, registered)}` : ''}. Addresses are compared as text, exactly.`,
      ],
      fix: [
        near === undefined
          ? `Register exactly \`${clipped(sent)}\` for the client at the provider, or send the address that is registered.`
          : `Send exactly the registered redirect URI (\`${clipped(near)}\`), or register the exact one that the application uses for this client: scheme, host, port, path, slash and query all count.`,
      ],
    })
  }
  return undefined
}

function differenceOf(sent: string, registered: readonly string[]): string {
  const mine = URL.parse(sent)
  const difference = registered.flatMap((one) => {
    const other = URL.parse(one)
    if (mine === null || other === null) return []
    const parts = (['protocol', 'hostname', 'port', 'pathname', 'search'] as const).filter(
      (part) => mine[part] !== other[part],
    )
    const slash =
      parts.length === 1 &&
      parts[0] === 'pathname' &&
      mine.pathname.replace(/\/$/, '') === other.pathname.replace(/\/$/, '')
    return [{ parts, slash }]
  })
  const best = difference.sort((a, b) => a.parts.length - b.parts.length)[0]
  if (best === undefined) return 'they differ'
  if (best.slash) return 'they differ by a trailing slash'
  const words = { protocol: 'scheme', hostname: 'host', port: 'port', pathname: 'path', search: 'query' }
  return `they differ in ${best.parts.map((part) => words[part]).join(' and ')}`
}

const STATE_COOKIE = /state|nonce|oauth|oidc|auth|pkce|txn|transaction|correlation|login|sess|sid|verif/i

const state: Rule = (facts) => {
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

const hash = (text: string) => createHash('sha256').update(text)

/** What people have made of a verifier instead of the challenge that RFC 7636 asks for, in words. */
function misencoding(verifier: string, challenge: string): string | undefined {
  const hex = hash(verifier).digest('hex')
  const bytes = hash(verifier).digest()
  const forms: readonly (readonly [string, string])[] = [
    [Buffer.from(hex).toString('base64url'), 'base64url of the hexadecimal (hex) text of the hash'],
    [Buffer.from(hex).toString('base64'), 'base64 of the hexadecimal (hex) text of the hash'],
    [hex, 'the hexadecimal (hex) text of the hash itself'],
    [bytes.toString('base64'), 'standard base64 with padding'],
    [bytes.toString('base64').replace(/=+$/, ''), 'standard base64 (`+` and `/`)'],
    [`${bytes.toString('base64url')}=`, 'base64url with padding'],
    [verifier, 'the verifier itself (plain)'],
    [Buffer.from(verifier).toString('base64url'), 'base64url of the verifier, without the hash'],
  ]
  return forms.find(([text]) => text === challenge)?.[1]
}

const s256 = (verifier: string): string => hash(verifier).digest('base64url')

const pkce: Rule = (facts) => {
  const starts = authorizations(facts).filter((one) => one.has('code_challenge'))
  const findings: Finding[] = []
  for (const { exchange, parameters } of redemptions(facts)) {
    const verifier = parameters.get('code_verifier')
    const start = starts.at(-1)
    const challenge = start?.get('code_challenge')
    const words = wordsOf(exchange.response)
    if (verifier === undefined || verifier === '' || /^(?:undefined|null)$/.test(verifier)) {
      if (challenge === undefined && !/code_verifier|verifier|pkce/.test(words)) continue
      findings.push(
        certain('PKCE_VERIFIER_LOST', {
          evidence: [
            `The code was exchanged without ${verifier ? 'a real ' : 'the '}code_verifier${verifier ? ` (the word \`${verifier}\`)` : ''}, although the sign-in began with a code_challenge${/sessionStorage/.test(facts.code) ? '; the client keeps the verifier in sessionStorage, which another tab or window does not have' : ': it lies in the storage of another tab or device, or was cleared'}.`,
          ],
          fix: [
            'Exchange the code where the sign-in was started: keep the verifier with the state until the callback, in the same browser and tab (a cookie or storage on the same origin, not the memory of one tab), and start again where it is missing.',
          ],
          explains: ['CODE_REUSED'],
        }),
      )
      continue
    }
    if (challenge === undefined) continue
    if (
      starts.length === 1
        ? s256(verifier) === challenge
        : starts.at(-1)?.get('code_challenge') === s256(verifier)
    )
      continue
    const how = starts.map((one) => misencoding(verifier, one.get('code_challenge') ?? '')).find(Boolean)
    if (how !== undefined) {
      findings.push(
        certain('PKCE_CHALLENGE_ENCODING', {
          evidence: [
            `The code_challenge was made as ${how} (${challenge.length} characters). It is base64url of the 32 bytes of SHA-256, without padding: 43 characters (RFC 7636 section 4.2).`,
          ],
          fix: [
            'Hash to raw bytes (digest, binary) and encode those in base64url without padding: `crypto.createHash("sha256").update(verifier).digest("base64url")`; in the browser `crypto.subtle.digest` and base64url of its bytes.',
          ],
          explains: ['PKCE_STALE_TRANSACTION', 'CODE_REUSED'],
        }),
      )
      continue
    }
    const older = starts.slice(0, -1).some((one) => one.get('code_challenge') === s256(verifier))
    findings.push(
      found('PKCE_STALE_TRANSACTION', older, {
        evidence: [
          `The code_verifier does not belong to this sign-in${older ? ': it is the one of an earlier attempt (an old cookie or stored transaction was used again)' : ': its challenge is another one'}.`,
        ],
        settledBy: ['the verifier that was made when this sign-in began'],
        fix: [
          'Make a new (fresh) verifier for each sign-in, keep it under its own state, and delete the old one when it has been used (remove the stale cookie or storage entry).',
        ],
        explains: ['PKCE_VERIFIER_LOST', 'CODE_REUSED'],
      }),
    )
  }
  return findings
}

const codeReused: Rule = (facts) => {
  const seen = new Map<string, Exchange>()
  for (const { exchange, parameters } of redemptions(facts)) {
    const code = parameters.get('code')
    if (code === undefined) continue
    const before = seen.get(code)
    if (before !== undefined)
      return reusedFinding(
        facts,
        `The same authorization code was exchanged twice; the first exchange was answered ${before.response?.status ?? 'before'}, the second ${exchange.response?.status ?? 'after it'}.`,
      )
    seen.set(code, exchange)
  }
  const twice = callbacks(facts)
  if (
    twice.length > 1 &&
    twice[0] !== undefined &&
    twice.slice(1).some(({ parameters }) => parameters.get('code') === twice[0]?.parameters.get('code'))
  ) {
    return reusedFinding(
      facts,
      'The callback was called twice with the same authorization code (a reload, or a component that ran twice).',
    )
  }
  const event = facts.events.find(
    ({ outcome, type, check, detail }) =>
      outcome === 'refused' &&
      /code/.test(`${type} ${check}`) &&
      /reus|used|twice|redeemed|already/.test(`${type} ${check} ${detail}`),
  )
  return event === undefined
    ? undefined
    : reusedFinding(facts, 'The authorization code had been redeemed before.')
}

function reusedFinding({ code }: Facts, what: string) {
  const react = /useEffect|StrictMode/.test(code)
  return certain('CODE_REUSED', {
    evidence: [
      `${what} A code is good once.${react ? ' The code of the client exchanges it in a React effect, which StrictMode runs twice in development.' : ''}`,
    ],
    fix: [
      `Exchange the code once: remember that it was sent (a ref or module variable outside the component${react ? ', as React StrictMode runs effects twice' : ''}), and remove it from the URL right after (\`history.replaceState\`).`,
      'Start the sign-in again: the tokens of the first exchange may be void now.',
    ],
    explains: ['PKCE_STALE_TRANSACTION', 'PKCE_VERIFIER_LOST', 'REFRESH_UPSTREAM_TESTING'],
  })
}

const nonce: Rule = (facts) => {
  const sent = authorizations(facts).map((one) => one.get('nonce'))
  const texts = [
    ...facts.exchanges.flatMap(({ response }) => fieldsOf(response).get('id_token') ?? []),
    ...callbacks(facts).flatMap(({ parameters }) => parameters.get('id_token') ?? []),
  ]
  const tokens = [
    ...texts.map(readPasted),
    ...(facts.token?.claims?.nonce !== undefined && facts.exchanges.length > 0 ? [facts.token] : []),
  ]
  const wanted = sent.at(-1)
  for (const { claims } of tokens) {
    if (claims === undefined || sent.length === 0) continue
    const got = claims.nonce
    if (got === wanted) continue
    const older = typeof got === 'string' && sent.includes(got)
    return certain('NONCE_MISMATCH', {
      evidence: [
        got === undefined
          ? 'The ID token carries no nonce, and the sign-in request sent one.'
          : wanted === undefined
            ? 'The ID token carries a nonce, and the sign-in request sent none: two parts of the client each made one.'
            : `The nonce of the ID token is not the one of the sign-in request${older ? '; it is that of an earlier attempt' : ''}: two attempts were mixed up, or the response belongs to another sign-in.`,
      ],
      fix: [
        'Make one nonce for each sign-in, store it with its state until the callback, compare it with the `nonce` of the ID token, and use it once. Let either the library or your code make it, not both.',
        'Start the sign-in again.',
      ],
      explains: ['ID_TOKEN_AS_ACCESS', 'STATE_OVERWRITTEN'],
    })
  }
  const said = facts.exchanges.find(
    (one) => isRefused(one) && /nonce/.test(wordsOf(one.response)) && !/csp|dpop/.test(wordsOf(one.response)),
  )
  const event = facts.events.find(({ outcome, check }) => outcome === 'refused' && check === 'nonce')
  if (said === undefined && event === undefined) return undefined
  return probable('NONCE_MISMATCH', {
    evidence: ['The sign-in was refused by the check of the nonce.'],
    settledBy: ['the nonce that was sent with the sign-in request, and the one in the ID token'],
    fix: [
      'Make one nonce for each sign-in, store it until the callback, and compare it with that of the ID token. Then start the sign-in again.',
    ],
  })
}

export const codeFlowRules: readonly Rule[] = [redirectUri, state, nonce, codeReused, pkce]
