import type { Exchange, Header } from '../evidence.ts'
import { parseForeignJson } from '../foreign-json.ts'
import { objectOf } from '../openapi-facts.ts'

/** Headers that Chrome and its kin leave out of a HAR file, unless it is saved with sensitive data. */
const SANITIZED = ['authorization', 'cookie', 'set-cookie']

/** The calls of a HAR 1.2 file. Whatever is not of the form it should have is left out. */
export function readHar(text: string): readonly Exchange[] {
  const log = objectOf(objectOf(parseForeignJson(text)).log)
  if (!Array.isArray(log.entries)) throw new Error('This JSON is no HAR file: it has no log.entries.')
  const exchanges = log.entries.flatMap(exchangeOf)
  return isSanitized(log, exchanges)
    ? exchanges.map((exchange) => ({ ...exchange, withheld: SANITIZED }))
    : exchanges
}

/** Nothing in the file says so: it is from a browser that leaves them out, and none of them stands in it. */
function isSanitized(log: Readonly<Record<string, unknown>>, exchanges: readonly Exchange[]): boolean {
  if (objectOf(log.creator).name !== 'WebInspector') return false
  return !exchanges.some(({ as_sent, response }) =>
    [...(as_sent?.headers ?? []), ...(response?.headers ?? [])].some(([name]) =>
      SANITIZED.includes(name.toLowerCase()),
    ),
  )
}

function exchangeOf(entry: unknown): Exchange[] {
  const request = objectOf(objectOf(entry).request)
  const response = objectOf(objectOf(entry).response)
  const { method, url } = request
  if (typeof method !== 'string' || typeof url !== 'string') return []
  const sent = bodyOf(objectOf(request.postData))
  const answered = bodyOf(objectOf(response.content))
  const status = Number(response.status)
  return [
    {
      as_sent: { method, url, headers: headersOf(request), ...(sent !== undefined && { body: sent }) },
      // A call that was blocked, or got no answer, has the status 0.
      ...(status > 0 && {
        response: { status, headers: headersOf(response), ...(answered !== undefined && { body: answered }) },
      }),
    },
  ]
}

function headersOf({ headers }: Readonly<Record<string, unknown>>): Header[] {
  if (!Array.isArray(headers)) return []
  return headers.flatMap((header): Header[] => {
    const { name, value } = objectOf(header)
    return typeof name === 'string' && typeof value === 'string' ? [[name, value]] : []
  })
}

/** A body as text: Firefox and Safari write some in base64, and forms as their fields alone. */
function bodyOf({ text, encoding, params }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof text === 'string')
    return encoding === 'base64' ? Buffer.from(text, 'base64').toString('utf8') : text
  if (!Array.isArray(params) || params.length === 0) return undefined
  return params
    .map(objectOf)
    .map(({ name, value }) => `${String(name)}=${String(value ?? '')}`)
    .join('&')
}
