import type { Facts } from '../../facts.ts'
import { found, probable } from '../../finding.ts'
import { fieldsOf, header, urlOf, wordsOf } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'

const isTokenPath = (path: string): boolean => /(?:token|login|signin|sign-in|authenticate)\/?$/.test(path)

export const wrongContentType: Rule = (facts) => {
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

export const formEncoding: Rule = (facts) => {
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
