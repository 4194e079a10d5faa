import type { Exchange, Header, HttpRequest, HttpResponse } from '../evidence.ts'

/**
 * Reads what people have of a call: a HAR file, `curl -v` output, a curl command, or a raw request and answer. Throws an
 * Error with a plain sentence where it is none of these.
 */
export function readExchanges(text: string): readonly Exchange[] {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) return readHar(trimmed)
  if (/^\s*curl\s/m.test(trimmed) && !/^[<>*] /m.test(trimmed)) return [{ as_sent: readCurlCommand(trimmed) }]
  if (/^> [A-Z]+ \S+ HTTP\//m.test(trimmed)) return readVerbose(trimmed)
  const raw = readRaw(trimmed)
  if (raw !== undefined) return [raw]
  throw new Error('This is no HAR file, no output of `curl -v`, no curl command and no raw HTTP request.')
}

interface HarMessage {
  readonly headers?: readonly { readonly name: string; readonly value: string }[]
}

function readHar(text: string): readonly Exchange[] {
  const { log } = JSON.parse(text) as {
    log?: {
      entries?: readonly {
        request: HarMessage & { method: string; url: string; postData?: { text?: string } }
        response: HarMessage & { status: number; content?: { text?: string } }
      }[]
    }
  }
  if (log?.entries === undefined) throw new Error('This JSON is no HAR file: it has no log.entries.')
  const headersOf = ({ headers = [] }: HarMessage): Header[] =>
    headers.map(({ name, value }) => [name, value])
  return log.entries.map(({ request, response }) => ({
    as_sent: {
      method: request.method,
      url: request.url,
      headers: headersOf(request),
      ...(request.postData?.text !== undefined && { body: request.postData.text }),
    },
    ...(response.status > 0 && {
      response: {
        status: response.status,
        headers: headersOf(response),
        ...(response.content?.text !== undefined && { body: response.content.text }),
      },
    }),
  }))
}

/** Lines that begin with `>` were sent, those with `<` came back, what has no mark is the body of the answer. */
function readVerbose(text: string): readonly Exchange[] {
  const exchanges: { sent: string[]; got: string[]; body: string[] }[] = []
  for (const line of text.split(/\r?\n/)) {
    if (/^> [A-Z]+ \S+ HTTP\//.test(line)) exchanges.push({ sent: [], got: [], body: [] })
    const current = exchanges.at(-1)
    if (current === undefined || /^[*{}]/.test(line)) continue
    if (line.startsWith('>')) current.sent.push(line.slice(1).trim())
    else if (line.startsWith('<')) current.got.push(line.slice(1).trim())
    else if (current.got.length > 0) current.body.push(line)
  }
  return exchanges.map(({ sent, got, body }) => {
    const request = requestOf(sent, '')
    const response = responseOf(got, body.join('\n').trim())
    const host = request?.headers.find(([name]) => name.toLowerCase() === 'host')?.[1]
    const url = host === undefined || request === undefined ? request?.url : `https://${host}${request.url}`
    return {
      ...(request !== undefined && { as_sent: { ...request, url: url ?? request.url } }),
      ...(response !== undefined && { response }),
    }
  })
}

/** The words of a command line, quotes and continued lines taken away. */
function wordsOf(command: string): string[] {
  const words = command.replaceAll(/\\\r?\n/g, ' ').matchAll(/'([^']*)'|"((?:\\.|[^"\\])*)"|([^\s'"]+)/g)
  return [...words].map(
    ([, single, double, plain]) => single ?? double?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '',
  )
}

const WITH_VALUE = new Set([
  '-o',
  '--output',
  '-A',
  '--user-agent',
  '-e',
  '--referer',
  '--connect-timeout',
  '-m',
  '--max-time',
  '--cacert',
  '-E',
  '--cert',
  '-x',
  '--proxy',
])

function readCurlCommand(text: string): HttpRequest {
  const words = wordsOf(text.slice(text.search(/curl\s/) + 5))
  const headers: Header[] = []
  const bodies: string[] = []
  let method: string | undefined
  let url = ''
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const next = (): string => words[++at] ?? ''
    if (word === '-H' || word === '--header') headers.push(headerOf(next()))
    else if (word === '-X' || word === '--request') method = next()
    else if (word === '-b' || word === '--cookie') headers.push(['Cookie', next()])
    else if (word === '-u' || word === '--user')
      headers.push(['Authorization', `Basic ${Buffer.from(next()).toString('base64')}`])
    else if (word === '--data-urlencode')
      bodies.push(
        new URLSearchParams([
          (next().match(/^([^=]*)=?(.*)$/s) ?? []).slice(1, 3) as [string, string],
        ]).toString(),
      )
    else if (/^(?:-d|--data(?:-raw|-binary|-ascii)?)$/.test(word)) bodies.push(next())
    else if (word === '--json') {
      headers.push(['Content-Type', 'application/json'])
      bodies.push(next())
    } else if (WITH_VALUE.has(word)) at += 1
    else if (!word.startsWith('-')) url = word
  }
  const body = bodies.join('&')
  if (body !== '' && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    headers.push(['Content-Type', 'application/x-www-form-urlencoded'])
  }
  return { method: method ?? (body === '' ? 'GET' : 'POST'), url, headers, ...(body !== '' && { body }) }
}

/** A request and its answer as they stand on the wire, one behind the other; either may be missing. */
function readRaw(text: string): Exchange | undefined {
  const start = text.search(/^HTTP\/[\d.]+ \d{3}/m)
  const asked = start === -1 ? text : text.slice(0, start)
  const answered = start === -1 ? '' : text.slice(start)
  const [head = '', ...rest] = asked.trim().split(/\r?\n\r?\n/)
  const request = requestOf(head.split(/\r?\n/), rest.join('\n\n'))
  const [answerHead = '', ...answerRest] = answered.trim().split(/\r?\n\r?\n/)
  const response = responseOf(answerHead.split(/\r?\n/), answerRest.join('\n\n'))
  if (request === undefined && response === undefined) return undefined
  const isReceived = request !== undefined && !/^https?:/.test(request.url)
  return {
    ...(request !== undefined && { [isReceived ? 'as_received' : 'as_sent']: request }),
    ...(response !== undefined && { response }),
  }
}

function requestOf(lines: readonly string[], body: string): HttpRequest | undefined {
  const [, method, url] = /^([A-Z]+) (\S+)(?: HTTP\/[\d.]+)?$/.exec(lines[0]?.trim() ?? '') ?? []
  if (method === undefined || url === undefined) return undefined
  return { method, url, headers: headerLines(lines.slice(1)), ...(body !== '' && { body }) }
}

function responseOf(lines: readonly string[], body: string): HttpResponse | undefined {
  const status = /^HTTP\/[\d.]+ (\d{3})/.exec(lines[0]?.trim() ?? '')?.[1]
  if (status === undefined) return undefined
  return { status: Number(status), headers: headerLines(lines.slice(1)), ...(body !== '' && { body }) }
}

function headerLines(lines: readonly string[]): Header[] {
  return lines.filter((line) => /^[\w-]+\s*:/.test(line)).map(headerOf)
}

function headerOf(line: string): Header {
  const colon = line.indexOf(':')
  return [
    line.slice(0, colon).trim(),
    line
      .slice(colon + 1)
      .replace(/^ /, '')
      .replace(/\r$/, ''),
  ]
}
