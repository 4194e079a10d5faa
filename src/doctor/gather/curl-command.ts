import type { Header, HttpRequest } from '../evidence.ts'
import { UNKNOWN } from './mask.ts'
import { headerOf } from './raw-message.ts'

const COMMAND = /^\s*(?:[$#%>] |PS [^\n>]*> ?)?curl(?:\.exe)?\s/m

export function isCurlCommand(text: string): boolean {
  return COMMAND.test(text)
}

/** One word of a command line: quoted pieces and plain ones that stand side by side. */
const WORD = /(?:\$'(?:\\.|[^'\\])*'|'[^']*'|"(?:\\.|[^"\\])*"|\\.|\$|[^\s'"\\$]+)+/gs
const PIECE = /\$'((?:\\.|[^'\\])*)'|'([^']*)'|"((?:\\.|[^"\\])*)"|((?:\\.|\$(?!')|[^\s'"\\$])+)/gs
/** What a shell would fill in; nothing here knows with what. */
const FILLED_IN = /\$\{[^}]*\}|\$\([^)]*\)|\$(?:env:)?[a-z_]\w*|`[^`]*`|%[A-Z_]{3,}%/gi

/** The words of a command line, as a shell hands them on: of Unix, of PowerShell, or the command prompt of Windows. */
function wordsOf(command: string): string[] {
  const isPrompt = /\^(?:"|\r?\n)/.test(command)
  const lines = isPrompt
    ? command.replaceAll(/\^\r?\n/g, ' ').replaceAll(/\^(.)/g, '$1')
    : command.replaceAll(/[\\`]\r?\n/g, ' ')
  return [...lines.matchAll(WORD)].map(([word]) => word.replaceAll(PIECE, unquoted))
}

function unquoted(_: string, ansi?: string, single?: string, double?: string, plain?: string): string {
  if (single !== undefined) return single
  if (ansi !== undefined)
    return ansi
      .replaceAll(/\\u([\da-f]{4})/gi, (_escape, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      )
      .replaceAll('\\n', '\n')
      .replaceAll(/\\(.)/gs, '$1')
  return (double ?? plain ?? '').replaceAll(FILLED_IN, UNKNOWN).replaceAll(/\\(.)/gs, '$1')
}

/** Options that take the next word, or the rest of their own, as their value. */
const SHORT_WITH_VALUE = 'AbcCdDeEFhHKmoPQrtTuUwxXyYz'
const LONG_NAMES: Readonly<Record<string, string>> = {
  request: 'X',
  header: 'H',
  cookie: 'b',
  user: 'u',
  'user-agent': 'A',
  referer: 'e',
  data: 'd',
  'data-raw': 'd',
  'data-binary': 'd',
  'data-ascii': 'd',
  form: 'F',
  'form-string': 'F',
  'upload-file': 'T',
  head: 'I',
  get: 'G',
}
const LONG_WITH_VALUE =
  /^(?:request|header|cookie|user|user-agent|referer|data.*|json|form|form-string|upload-file|url|oauth2-bearer|output|write-out|connect-timeout|max-time|cacert|capath|cert|cert-type|key|key-type|pass|proxy|proxy-user|proxy-header|preproxy|noproxy|retry|retry-delay|retry-max-time|resolve|connect-to|cookie-jar|config|interface|limit-rate|max-redirs|range|stderr|trace|trace-ascii|aws-sigv4|ciphers|tls-max|url-query|unix-socket|dump-header|output-dir|rate|netrc-file|dns-servers|speed-limit|speed-time|variable)$/

type Option = readonly [name: string, value: string]

/** The options of a command line in order; what is none has the name `url`. */
function optionsOf(words: readonly string[]): Option[] {
  const found: Option[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word.startsWith('--')) {
      const name = word.slice(2)
      found.push([LONG_NAMES[name] ?? name, LONG_WITH_VALUE.test(name) ? (words[++at] ?? '') : ''])
    } else if (/^-[a-z0-9#:]/i.test(word)) {
      const end = [...word].findIndex((letter, index) => index > 0 && SHORT_WITH_VALUE.includes(letter))
      for (const letter of word.slice(1, end === -1 ? undefined : end)) found.push([letter, ''])
      if (end !== -1) found.push([word.charAt(end), word.slice(end + 1) || (words[++at] ?? '')])
    } else found.push(['url', word])
  }
  return found
}

export function readCurlCommand(text: string): HttpRequest {
  const options = optionsOf(wordsOf(text.slice(text.search(/curl(?:\.exe)?\s/) + 4).replace(/^\.exe/, '')))
  const valuesOf = (name: string) => options.flatMap(([one, value]) => (one === name ? [value] : []))
  const has = (name: string) => options.some(([one]) => one === name)
  const headers: Header[] = options.flatMap(([name, value]): Header[] => headersOf(name, value))
  const bodies = options.flatMap(([name, value]) => bodiesOf(name, value))
  const named = valuesOf('url')
  const url = named.find((one) => /^https?:/i.test(one)) ?? named[0] ?? ''
  const address = /^[a-z][a-z+]*:\/\//i.test(url) || url === '' ? url : `http://${url}`
  const data = bodies.join('&')
  if (has('G'))
    return {
      method: valuesOf('X').at(-1) ?? 'GET',
      url: data === '' ? address : `${address}${address.includes('?') ? '&' : '?'}${data}`,
      headers,
    }
  if (data !== '' && !headers.some(([name]) => name.toLowerCase() === 'content-type'))
    headers.push(['Content-Type', 'application/x-www-form-urlencoded'])
  const implied = has('I') ? 'HEAD' : has('T') ? 'PUT' : bodies.length > 0 || has('F') ? 'POST' : 'GET'
  return {
    method: valuesOf('X').at(-1) ?? implied,
    url: address,
    headers,
    ...(data !== '' && { body: data }),
  }
}

function headersOf(name: string, value: string): Header[] {
  switch (name) {
    case 'H':
      return value.includes(':') ? [headerOf(value)] : []
    case 'b':
      return [['Cookie', value]]
    case 'e':
      return [['Referer', value]]
    case 'u':
      return [['Authorization', `Basic ${Buffer.from(value).toString('base64')}`]]
    case 'oauth2-bearer':
      return [['Authorization', `Bearer ${value}`]]
    case 'json':
      return [['Content-Type', 'application/json']]
    case 'F':
      return [['Content-Type', 'multipart/form-data']]
    default:
      return []
  }
}

function bodiesOf(name: string, value: string): string[] {
  if (name === 'd' || name === 'json') return [value]
  if (name !== 'data-urlencode') return []
  const equals = value.indexOf('=')
  return [new URLSearchParams([[value.slice(0, Math.max(equals, 0)), value.slice(equals + 1)]]).toString()]
}
