import type { Facts } from '../facts.ts'
import { certain, found, probable } from '../finding.ts'
import {
  cookiesOf,
  fieldsOf,
  header,
  headerValues,
  requestOf,
  setCookiesOf,
  strayCredential,
  urlOf,
  wordsOf,
} from '../http-facts.ts'
import { hasInvisible, looksLikeJwt } from '../pasted-token.ts'
import type { Rule } from '../rule.ts'

/** What stands for nothing: a value that was not there yet, or a template that nobody filled in. */
const NOTHING =
  /^(?:undefined|null|nan|none|nil|false|true|\[object \w+\]|\$\{?\w*\}?|\{\{.*\}\}|<[\w -]+>|your[_-]\w+|string|token)$/i

const scheme = ({ config }: Facts): string => config.scheme ?? 'Bearer'

/** The Authorization value in question, and whose view it is. */
function authorization(facts: Facts): string | undefined {
  const value = header(facts.exchange && requestOf(facts.exchange), 'authorization')
  if (value !== undefined) return value
  const pasted = facts.evidence.tokens?.[0]?.text
  return pasted !== undefined && /^\s*(?:bearer|jwt|token)[:\s]/i.test(pasted) ? pasted.trim() : undefined
}

const duplicate: Rule = (facts) => {
  const received = facts.exchange && requestOf(facts.exchange)
  const values = headerValues(received, 'authorization')
  const joined = values.some((value) => /,\s*(?:bearer|basic|jwt|token|dpop)\s/i.test(value))
  if (values.length < 2 && !joined) return undefined
  return certain('HDR_DUPLICATE', {
    evidence: [
      joined && values.length < 2
        ? 'One Authorization header holds two values, joined by a comma: it was sent twice, and something on the way joined the two.'
        : `The request carries the Authorization header ${values.length} times (two fields of the same name).`,
    ],
    fix: [
      'Send the Authorization header exactly once: let a single layer add it, and remove the other one (often an interceptor or default header of the HTTP client, or a proxy that adds its own).',
      'Where both are needed, set the header instead of appending to it: `headers.set("Authorization", …)`, not `append`.',
    ],
    explains: ['HDR_MISSING', 'HDR_INVISIBLE_CHAR', 'HDR_SCHEME_MISMATCH', 'TOKEN_NONCANONICAL'],
  })
}

const literal: Rule = (facts) => {
  const value = authorization(facts)
  const text = (value ?? facts.evidence.tokens?.[0]?.text)
    ?.replace(/^\s*(?:bearer|jwt|token|dpop):?\s*/i, '')
    .trim()
  if (text === undefined || !NOTHING.test(text)) return undefined
  return certain('HDR_LITERAL_UNDEFINED', {
    evidence: [
      `In place of a token stands the literal word \`${text}\`: the client built the header before it had a token, or read a member that the sign-in answer does not have.`,
    ],
    fix: [
      'Read `access_token` from the answer of the sign-in, and check the name of the variable or storage entry it is kept in.',
      'Wait until the sign-in (log in) has finished before the first request is sent, and send no Authorization header while there is no token.',
    ],
    explains: ['TOKEN_OPAQUE', 'HDR_MISSING', 'TOKEN_TRUNCATED', 'HDR_SCHEME_MISMATCH'],
  })
}

const doubled: Rule = (facts) => {
  const value = authorization(facts)
  if (value === undefined || !/^\s*(?:bearer|jwt|token):?\s+(?:bearer|jwt|token):?\s/i.test(value))
    return undefined
  return certain('HDR_DOUBLE_SCHEME', {
    evidence: [
      'The scheme word stands twice before the token (`Bearer Bearer …`): the prefix was stored together with the token, or typed into a dialog that adds it by itself.',
    ],
    fix: [
      'Write the word Bearer once: store only the token, without the prefix, and add the prefix in one place.',
      'In Swagger UI paste the bare token; the Authorize dialog adds the word Bearer itself. Remove the extra one.',
    ],
    explains: ['HDR_INVISIBLE_CHAR', 'HDR_SCHEME_MISMATCH', 'TOKEN_OPAQUE', 'TOKEN_NONCANONICAL'],
  })
}

const quoted: Rule = (facts) => {
  const text = (authorization(facts) ?? facts.evidence.tokens?.[0]?.text)
    ?.replace(/^\s*bearer\s+/i, '')
    .trim()
  if (text === undefined || !/^["'`].*["'`]$|^\{.*\}$|^["'`]|["'`]$|^b'/s.test(text)) return undefined
  if (NOTHING.test(text)) return undefined
  return certain('HDR_QUOTED_TOKEN', {
    evidence: [
      text.startsWith('{')
        ? 'A whole JSON object stands where the bare token should be.'
        : 'There are quotation marks around the token. It was probably stored with JSON.stringify (localStorage) and read back without JSON.parse.',
    ],
    fix: [
      'Remove the quotes: store the bare text of the token, or read it back with `JSON.parse` before it is put into the header (strip the quotation marks, send only what is between them).',
    ],
    explains: [
      'TOKEN_NONCANONICAL',
      'TOKEN_OPAQUE',
      'TOKEN_TRUNCATED',
      'SIG_WRONG_KEY',
      'HDR_INVISIBLE_CHAR',
    ],
  })
}

const invisible: Rule = (facts) => {
  const value = authorization(facts)
  const pasted = facts.evidence.tokens?.[0]?.text
  const inHeader = value !== undefined && !facts.evidence.tokens?.length
  const text = inHeader
    ? value.replace(/^\s*\S+ /, '')
    : pasted
        ?.replace(/^[\r\n]+|[\r\n]+$/g, '')
        .replace(/^(?:authorization:\s*)?(?:bearer|jwt|token|dpop):? /i, '')
  if (text === undefined || NOTHING.test(text.trim()) || !hasInvisible(text)) return undefined
  if (inHeader && /^\w+\s+\w+:?\s+/.test(value)) return undefined
  const kind = /[\r\n]/.test(text)
    ? 'a line break (newline)'
    : /\t/.test(text)
      ? 'a tab'
      : /^ | {2}/.test(text)
        ? 'a second (double) space'
        : /^[^ ]* /.test(text) && !/[^\x21-\x7e ]/.test(text)
          ? 'a space'
          : 'an invisible character (a no-break or zero-width space, not printable)'
  return certain('HDR_INVISIBLE_CHAR', {
    evidence: [
      `Inside the value of the Authorization header stands ${kind}, which no token contains. It usually comes with copied text or from a file that ends in a line break.`,
    ],
    fix: [
      'Trim the token where it is read, and remove every white space, newline and zero-width character inside it: `token.trim()`, or copy the token again from its source.',
      'Write exactly one space between the word Bearer and the token.',
    ],
    explains: [
      'TOKEN_NONCANONICAL',
      'TOKEN_OPAQUE',
      'SIG_WRONG_KEY',
      'TOKEN_TRUNCATED',
      'HDR_SCHEME_MISMATCH',
      'HDR_MISSING',
    ],
  })
}

const noScheme: Rule = (facts) => {
  const value = authorization(facts)?.trim()
  if (value === undefined || /\s/.test(value) || NOTHING.test(value) || /^["'`{]/.test(value))
    return undefined
  if (/^(?:bearer|basic|jwt|token|dpop|digest|apikey)$/i.test(value)) return undefined
  if (!looksLikeJwt(value) && value.length < 16) return undefined
  return certain('HDR_NO_SCHEME', {
    evidence: ['The Authorization header holds the token alone, with no scheme word before it.'],
    fix: [
      `Put the word ${scheme(facts)} and one space before the token: \`Authorization: ${scheme(facts)} <token>\`. This is the prefix that the server reads.`,
    ],
    explains: ['HDR_SCHEME_MISMATCH', 'HDR_MISSING', 'TOKEN_OPAQUE'],
  })
}

const schemeMismatch: Rule = (facts) => {
  const value = authorization(facts)
  const word = value === undefined ? undefined : /^\s*([^\s]+)\s+\S/.exec(value)?.[1]
  if (word === undefined || word.toLowerCase() === scheme(facts).toLowerCase()) return undefined
  if (/^["'`{]|^eyJ/.test(word)) return undefined
  const path = facts.request?.path ?? ''
  if (/^basic$/i.test(word) && /token|introspect|revoke|oauth|login/.test(path)) return undefined
  if (/^dpop$/i.test(word) && facts.token?.claims?.cnf !== undefined) return undefined
  if (!/^[\w.:-]+$/.test(word) || looksLikeJwt(word)) return undefined
  return certain('HDR_SCHEME_MISMATCH', {
    evidence: [
      `The Authorization header begins with the scheme \`${word}\`, and this server reads \`${scheme(facts)}\`${facts.config.scheme ? '' : ' (Bearer, RFC 6750)'}. So it sees no token at all.`,
    ],
    fix: [
      `Send \`Authorization: ${scheme(facts)} <token>\`: the scheme word ${scheme(facts)}, without a colon, one space, then the token.`,
      'A client library with a scheme word of its own has a setting for it (header type, prefix, `authScheme`).',
    ],
    explains: ['HDR_MISSING', 'HDR_NO_SCHEME'],
  })
}

const tooLarge: Rule = (facts) => {
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

const droppedOnRedirect: Rule = ({ exchanges }) => {
  for (const [index, { as_sent: first, response }] of exchanges.entries()) {
    const location = header(response, 'location')
    const from = urlOf(first)
    if (location === undefined || from === undefined || header(first, 'authorization') === undefined) continue
    const to = URL.parse(location, from.href)
    const next = exchanges.slice(index + 1).find((later) => requestOf(later) !== undefined)
    const second = next && (next.as_sent ?? next.as_received)
    if (to === null || second === undefined || header(second, 'authorization') !== undefined) continue
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

const underscore: Rule = ({ exchange, config }) => {
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

const wrongLocation: Rule = (facts) => {
  const { exchange, config } = facts
  const request = exchange && requestOf(exchange)
  if (request === undefined || exchange?.response === undefined || exchange.response.status < 400)
    return undefined
  if (authorization(facts) !== undefined && header(request, 'authorization') !== '') return undefined
  if (request.method === 'OPTIONS' || /\/(?:token|login|authorize)$/.test(facts.request?.path ?? ''))
    return undefined
  if (header(request, 'upgrade') !== undefined) return undefined
  const keyHeader = config.api_key_header
  if (keyHeader !== undefined && header(request, keyHeader) !== undefined) return undefined
  const place = strayCredential(request)
  if (place === undefined) return undefined
  const wanted = keyHeader ?? `Authorization: ${scheme(facts)} <token>`
  return certain('HDR_WRONG_LOCATION', {
    evidence: [
      `There is no credential where the server looks (${wanted}); one was sent in another place: ${place}.`,
    ],
    fix: [
      keyHeader === undefined
        ? `Send the token in the Authorization header: \`Authorization: ${scheme(facts)} <token>\`, and take it out of the ${place}.`
        : `Send the key in the header \`${keyHeader}\`, and take it out of the ${place}.`,
      ...(place.startsWith('query')
        ? [
            'Treat a credential that stood in a URL as known to others: it is in logs and histories. Replace it.',
          ]
        : []),
    ],
    explains: ['HDR_MISSING', 'STATUS_SWAPPED'],
  })
}

const missing: Rule = (facts) => {
  const { exchange, config } = facts
  if (exchange === undefined) return undefined
  const request = requestOf(exchange)
  const isAsked = exchange.response === undefined || [401, 403, 422].includes(exchange.response.status)
  if (request === undefined || !isAsked || request.method === 'OPTIONS') return undefined
  if (/\/(?:token|login|authorize|register|revoke|introspect)$/.test(facts.request?.path ?? ''))
    return undefined
  if (header(request, 'upgrade') !== undefined) return undefined
  const value = header(request, 'authorization')
  const isEmpty = value !== undefined && /^\s*(?:bearer)?\s*$/i.test(value)
  if (value !== undefined && !isEmpty) return undefined
  if (config.api_key_header !== undefined && header(request, config.api_key_header) !== undefined)
    return undefined
  if (strayCredential(request) !== undefined) return undefined
  const session = [...cookiesOf(request).keys()].some((name) => /sess|sid|auth|connect/i.test(name))
  if (session || setCookiesOf(exchange.response).some(({ isCleared }) => isCleared)) return undefined
  if (facts.evidence.tokens?.length && exchange.as_sent === undefined) return undefined
  const bothSides = exchange.as_sent !== undefined
  return found('HDR_MISSING', exchange.response?.status !== 403, {
    settledBy: ['whether the service answers 401 when a credential is missing'],
    evidence: [
      isEmpty
        ? 'The Authorization header is there and holds no token: the part after the word Bearer is empty.'
        : `The request carries no credential: no Authorization header${bothSides ? ', neither as the client wrote it' : ' reached the server'}.`,
    ],
    fix: [
      `Add the header \`Authorization: ${scheme(facts)} <token>\` to the request in the client: attach it in the function or interceptor that makes every call, after the sign-in.`,
      ...(bothSides
        ? []
        : [
            'If the client does send it, compare with the request as it left the client: `curl -v` there, then `countersign doctor exchange FILE`. A header that is only there was removed on the way.',
          ]),
    ],
  })
}

const isTokenPath = (path: string): boolean => /(?:token|login|signin|sign-in|authenticate)\/?$/.test(path)

const wrongContentType: Rule = (facts) => {
  for (const { as_received, as_sent, response } of facts.exchanges) {
    const request = as_received ?? as_sent
    const path = urlOf(request)?.pathname ?? ''
    if (
      request?.method !== 'POST' ||
      !isTokenPath(path) ||
      ![400, 401, 415, 422].includes(response?.status ?? 0)
    )
      continue
    const type = header(request, 'content-type')?.toLowerCase() ?? ''
    const wanted = declaredBody(facts, path)
    const isForm =
      type.startsWith('application/x-www-form-urlencoded') || type.startsWith('multipart/form-data')
    const bodyIsJson = /^\s*[{[]/.test(request.body ?? '')
    if (wanted === 'json' ? !isForm : isForm && !bodyIsJson) continue
    const status = response?.status ?? 0
    const complains = /field required|missing|grant_type|content.?type|unsupported media|form|username/.test(
      wordsOf(response),
    )
    const isProven =
      wanted !== undefined || status === 415 || status === 422 || complains || isForm !== bodyIsJson
    const kind = wanted === 'json' ? 'JSON' : 'form'
    return found('LOGIN_WRONG_CONTENT_TYPE', isProven, {
      evidence: [
        `${path} was sent ${type === '' ? 'without a Content-Type' : `as \`${type}\``}${bodyIsJson ? ' with a JSON body' : ''}, and answered ${status}. A token endpoint reads ${kind === 'JSON' ? 'JSON here' : 'form fields, application/x-www-form-urlencoded'} (RFC 6749 section 4.3.2), so it saw no field at all.`,
      ],
      settledBy: ['the OpenAPI document of the service, which names the content type of this endpoint'],
      fix: [
        kind === 'JSON'
          ? 'Send the body as JSON: `Content-Type: application/json`, with `JSON.stringify`.'
          : 'Send the fields as a form: `Content-Type: application/x-www-form-urlencoded` with `body: new URLSearchParams({ grant_type: "password", username, password })`.',
        ...(kind === 'JSON'
          ? []
          : [
              'With axios pass a `URLSearchParams`, with Python requests `data=` rather than `json=`, with curl `--data-urlencode`.',
            ]),
      ],
      explains: ['STATUS_SWAPPED', 'CLIENT_AUTH_METHOD'],
    })
  }
  return undefined
}

/** The kind of body that the API's description asks for at a path. */
function declaredBody({ evidence }: Facts, path: string): 'form' | 'json' | undefined {
  const paths = evidence.openapi?.document.paths as Record<string, Record<string, unknown>> | undefined
  const item = Object.entries(paths ?? {}).find(([name]) => path.endsWith(name))?.[1]
  const operation = item?.post as { requestBody?: { content?: Record<string, unknown> } } | undefined
  const types = Object.keys(operation?.requestBody?.content ?? {})
  if (types.some((type) => type.includes('form'))) return 'form'
  return types.some((type) => type.includes('json')) ? 'json' : undefined
}

const formEncoding: Rule = (facts) => {
  const template = /["'`][^"'`\n]*(?:&|\?)?password=(?:\$\{|["'`]\s*[+.]|%s|\{)/.exec(facts.code)
  const isEncoded = /encodeURIComponent|URLSearchParams|quote_plus|urlencode/.test(facts.code)
  for (const { as_sent, as_received, response } of facts.exchanges) {
    const request = as_sent ?? as_received
    const type = header(request, 'content-type') ?? ''
    const body = request?.body
    if (
      body === undefined ||
      !type.includes('x-www-form-urlencoded') ||
      !/(?:password|client_secret)=/.test(body)
    )
      continue
    if ((response?.status ?? 401) < 400) continue
    const broken = /%(?![0-9a-f]{2})/i.test(body)
    const stray = body.split('&').some((part) => !part.includes('='))
    const value = /(?:^|&)(?:password|client_secret)=([^&]*)/.exec(body)?.[1] ?? ''
    const special = value.includes('+') || /[^\w.*%+-]/.test(value)
    const extra = [...fieldsOf(request).keys()].length > 0 && /password=[^&]*&[^=&]*(?:&|$)/.test(body)
    if (!broken && !stray && !special && !extra) continue
    const which =
      stray || extra
        ? 'an ampersand (&)'
        : broken
          ? 'a percent sign (%)'
          : value.includes('+')
            ? 'a plus sign (+)'
            : 'a special character'
    return found(
      'LOGIN_FORM_ENCODING',
      broken || stray || extra || (template !== null && !isEncoded) || /[^\w.*%+-]/.test(value),
      {
        evidence: [
          `In the form body the password contains ${which} that was not form-encoded: read as a form it becomes another password (a plus becomes a space, an ampersand ends the field, a percent sign begins an escape).`,
        ],
        settledBy: ['whether the password really contains a plus sign: try one of letters and digits only'],
        fix: [
          'Encode the form fields: build the body with `new URLSearchParams({ username, password })` (or `encodeURIComponent` for each value; curl `--data-urlencode`), never by joining strings.',
          'A `+`, `%` or `&` then travels as %2B, %25 or %26.',
        ],
      },
    )
  }
  if (template !== null && !isEncoded) {
    return probable('LOGIN_FORM_ENCODING', {
      evidence: [
        'The client joins the form body as text, with the password put in as it is: `+`, `%` and `&` arrive changed.',
      ],
      settledBy: ['whether the password has such a character, and the body as it was sent'],
      fix: [
        'Encode the form fields: build the body with `new URLSearchParams({ username, password })`, or `encodeURIComponent` each value.',
      ],
    })
  }
  return undefined
}

export const transportRules: readonly Rule[] = [
  tooLarge,
  droppedOnRedirect,
  duplicate,
  literal,
  doubled,
  quoted,
  noScheme,
  invisible,
  schemeMismatch,
  underscore,
  wrongContentType,
  formEncoding,
  wrongLocation,
  missing,
]
