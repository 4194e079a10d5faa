import type { Exchange, Header, HttpRequest, HttpResponse } from './evidence.ts'
import { bareToken, looksLikeJwt } from './pasted-token.ts'

/** All values of a header, in order. */
export function headerValues(
  message: { readonly headers: readonly Header[] } | undefined,
  name: string,
): string[] {
  const wanted = name.toLowerCase()
  return (message?.headers ?? []).filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value)
}

export function header(
  message: { readonly headers: readonly Header[] } | undefined,
  name: string,
): string | undefined {
  return headerValues(message, name)[0]
}

export function cookiesOf(request: HttpRequest | undefined): ReadonlyMap<string, string> {
  const pairs = headerValues(request, 'cookie').flatMap((line) => line.split(/;\s*/))
  return new Map(
    pairs.flatMap((pair) => {
      const equals = pair.indexOf('=')
      return equals < 1 ? [] : [[pair.slice(0, equals).trim(), pair.slice(equals + 1)] as const]
    }),
  )
}

/** The parts of a `Set-Cookie` line. */
export interface SetCookie {
  readonly name: string
  readonly isCleared: boolean
  readonly attributes: ReadonlyMap<string, string>
}

export function setCookiesOf(response: HttpResponse | undefined): readonly SetCookie[] {
  return headerValues(response, 'set-cookie').map((line) => {
    const [first = '', ...rest] = line.split(/;\s*/)
    const [name = '', ...value] = first.split('=')
    const attributes = new Map(
      rest.map((part) => {
        const [key = '', ...more] = part.split('=')
        return [key.trim().toLowerCase(), more.join('=')] as const
      }),
    )
    const isPast = /1970/.test(attributes.get('expires') ?? '') || attributes.get('max-age') === '0'
    return { name: name.trim(), isCleared: isPast || value.join('=') === '', attributes }
  })
}

/** The address of a request, absolute where that is known. */
export function urlOf(request: HttpRequest | undefined): URL | undefined {
  if (request === undefined) return undefined
  const host = header(request, 'host') ?? 'unknown.invalid'
  const scheme = header(request, 'x-forwarded-proto') ?? 'https'
  return URL.parse(request.url) ?? URL.parse(request.url, `${scheme}://${host}`) ?? undefined
}

/** What one call was, from whichever side it was seen. */
export function requestOf(exchange: Exchange): HttpRequest | undefined {
  return exchange.as_received ?? exchange.as_sent
}

/** The fields of a body that is a form or JSON. */
export function fieldsOf(
  message: { readonly body?: string; readonly headers: readonly Header[] } | undefined,
) {
  const body = message?.body ?? ''
  if (/^\s*\{/.test(body)) {
    try {
      const value: unknown = JSON.parse(body)
      return new Map(
        Object.entries(value as object).map(([name, field]) => [
          name,
          typeof field === 'string' ? field : JSON.stringify(field),
        ]),
      )
    } catch {
      return new Map<string, string>()
    }
  }
  return new Map(new URLSearchParams(body))
}

/** Query, and form fields: what an OAuth request says. */
export function parametersOf(request: HttpRequest | undefined): ReadonlyMap<string, string> {
  return new Map([...(urlOf(request)?.searchParams ?? []), ...fieldsOf(request)])
}

/** The error code of an answer: RFC 6749's `error`, our `code`, or what the challenge says. */
export function errorOf(response: HttpResponse | undefined): string | undefined {
  const fields = fieldsOf(response)
  const challenge = header(response, 'www-authenticate') ?? ''
  const location = URL.parse(header(response, 'location') ?? '')
  return (
    fields.get('error') ??
    fields.get('code') ??
    location?.searchParams.get('error') ??
    /error="?([\w.-]+)/.exec(challenge)?.[1]
  )
}

/** The words of an answer, for a look at what a program complains of. Never printed. */
export function wordsOf(response: HttpResponse | undefined): string {
  const challenge = header(response, 'www-authenticate') ?? ''
  return `${response?.body ?? ''} ${challenge}`.toLowerCase()
}

export function isRefused({ response }: Exchange): boolean {
  return response !== undefined && response.status >= 400
}

export function isAccepted({ response }: Exchange): boolean {
  return response !== undefined && response.status >= 200 && response.status < 300
}

/** Whether a record of these calls leaves headers out. */
export function isWithheld({ exchanges }: { readonly exchanges: readonly Exchange[] }): boolean {
  return exchanges.some(({ withheld = [] }) => withheld.length > 0)
}

/** Names of headers and cookies that people put tokens into. */
const TOKEN_NAME = /(?:access|auth|id|bearer|jwt|api|x)?[-_]?(?:token|jwt|authorization|api[-_]?key)$/i

/** A credential that stands in another place than the Authorization header, and where. */
export function strayCredential(
  request: HttpRequest | undefined,
  ignore: readonly string[] = [],
): string | undefined {
  if (request === undefined) return undefined
  const skipped = ['authorization', 'cookie', ...ignore.map((name) => name.toLowerCase())]
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase()
    if (skipped.includes(key) || /csrf|xsrf|^sec-/.test(key)) continue
    if (looksLikeJwt(bareToken(value)) || (TOKEN_NAME.test(key) && value.length >= 16))
      return `header ${name}`
  }
  for (const [name, value] of urlOf(request)?.searchParams ?? []) {
    if (looksLikeJwt(value) || /^(?:access_token|token|jwt|auth|api_?key|authorization)$/i.test(name)) {
      return `query parameter ${name}`
    }
  }
  for (const [name, value] of cookiesOf(request)) {
    if (looksLikeJwt(bareToken(value)) || /^(?:access_?token|jwt|auth_?token)$/i.test(name))
      return `cookie ${name}`
  }
  const fields = fieldsOf(request)
  if (fields.has('access_token')) return 'field access_token of the body'
  return undefined
}

/** Last two labels of a host: what browsers call a site, near enough for the names people test with. */
export function siteOf(url: URL): string {
  if (/^[\d.]+$/.test(url.hostname) || !url.hostname.includes('.')) return url.hostname
  const labels = url.hostname.split('.')
  const publicSuffix =
    /^(?:co|com|org|net|gov|ac)\.[a-z]{2}$|^(?:github|netlify|vercel|pages)\.(?:io|app|dev)$/
  return labels.slice(publicSuffix.test(labels.slice(-2).join('.')) ? -3 : -2).join('.')
}
