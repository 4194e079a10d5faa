import type { Exchange, Header, HttpRequest, HttpResponse } from '../evidence.ts'

/** A request and its answer as they stand on the wire, one behind the other; either may be missing. */
export function readRaw(text: string): Exchange | undefined {
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

/** A request line and its header lines. */
export function requestOf(lines: readonly string[], body: string): HttpRequest | undefined {
  const [, method, url] = /^([A-Z]+) (\S+)(?: HTTP\/[\d.]+)?$/.exec(lines[0]?.trim() ?? '') ?? []
  if (method === undefined || url === undefined) return undefined
  return { method, url, headers: headerLines(lines.slice(1)), ...(body !== '' && { body }) }
}

/** A status line and its header lines. */
export function responseOf(lines: readonly string[], body: string): HttpResponse | undefined {
  const status = /^HTTP\/[\d.]+ (\d{3})/.exec(lines[0]?.trim() ?? '')?.[1]
  if (status === undefined) return undefined
  return { status: Number(status), headers: headerLines(lines.slice(1)), ...(body !== '' && { body }) }
}

function headerLines(lines: readonly string[]): Header[] {
  return lines.filter((line) => /^[\w-]+\s*:/.test(line)).map(headerOf)
}

export function headerOf(line: string): Header {
  const colon = line.indexOf(':')
  return [
    line.slice(0, colon).trim(),
    line
      .slice(colon + 1)
      .replace(/^ /, '')
      .replace(/\r$/, ''),
  ]
}
