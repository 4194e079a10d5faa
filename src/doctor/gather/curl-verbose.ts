import type { Exchange } from '../evidence.ts'
import { requestOf, responseOf } from './raw-message.ts'

const REQUEST = /^> [A-Z]+ \S+ HTTP\//
/** Lines of `curl -v` about a connection; any line that is none of these, and no header, belongs to a body. */
const NEW_CONNECTION = /^\*\s+(?:Trying|Host .* was resolved)/
const OVER_TLS = /^\*\s+(?:SSL|TLS|ALPN|schannel|Server certificate|\(\d+\) \(|\[HTTP\/[23]\])/i
const PROGRESS = /^[{}] \[\d+ bytes data\]$/
/** What curl writes behind a body that ends in no line break. */
const LAST_WORDS = /\* (?:Connection #?\d|Closing connection|Curl_|closing connection).*$/

interface Call {
  readonly isPlain: boolean
  readonly sent: string[]
  got: string[]
  readonly body: string[]
}

export function isCurlVerbose(text: string): boolean {
  return /^> [A-Z]+ \S+ HTTP\//m.test(text)
}

/** Lines that begin with `>` were sent, those with `<` came back, what has no mark is the body of the answer. */
export function readCurlVerbose(text: string): readonly Exchange[] {
  const calls: Call[] = []
  let isNew = false
  let isTls = true
  for (const line of text.split(/\r?\n/)) {
    if (NEW_CONNECTION.test(line)) {
      isNew = true
      isTls = false
    } else if (isNew && OVER_TLS.test(line)) isTls = true
    if (REQUEST.test(line)) calls.push({ isPlain: !isTls, sent: [], got: [], body: [] })
    const call = calls.at(-1)
    if (call === undefined || line.startsWith('* ') || PROGRESS.test(line)) continue
    if (/^>(?: |$)/.test(line)) call.sent.push(line.slice(1).trim())
    else if (/^<(?: |$)/.test(line)) {
      // An answer that is only on the way to the answer, such as 100 Continue, is followed by another.
      if (line.startsWith('< HTTP/')) call.got = []
      call.got.push(line.slice(1).trim())
    } else if (call.got.length > 0) call.body.push(line.replace(LAST_WORDS, ''))
  }
  return calls.map(exchangeOf).filter(({ as_sent }) => as_sent?.method !== 'CONNECT')
}

function exchangeOf({ isPlain, sent, got, body }: Call): Exchange {
  const request = requestOf(sent, '')
  const response = responseOf(got, body.join('\n').trim())
  const host = request?.headers.find(([name]) => name.toLowerCase() === 'host')?.[1]
  const base = host === undefined ? '' : `${isPlain ? 'http' : 'https'}://${host}`
  return {
    ...(request !== undefined && { as_sent: { ...request, url: `${base}${request.url}` } }),
    ...(response !== undefined && { response }),
  }
}
