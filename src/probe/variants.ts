import type { Sent } from './send.ts'
import type { Target } from './target.ts'

/** Another way to write a request, which must not lead behind the guard. */
export interface Variant {
  readonly name: string
  readonly sent: Sent
  /** The same without what is tried: where both are answered alike, it did nothing. */
  readonly without?: Sent
}

/** A path that nobody has. */
export const NOWHERE = '/countersign-probe-nothing-is-here'

/** The spellings of a path, and the headers, by which routers and guards have been made to see two different things. */
export function variantsOf(target: Target): Variant[] {
  const { method, address, body } = target
  const [path = '/', search = ''] = splitOnce(address, '?')
  const headers = body && { 'content-type': body.type }
  const by = (changed: string): Sent => ({
    method,
    path: changed + search,
    ...(body && { headers: headers ?? {}, body: body.text }),
  })
  const last = path.lastIndexOf('/')
  const letter = path.search(/[a-z]/i)
  const spellings: [string, string][] = [
    ['a slash at the end', path.endsWith('/') ? path.slice(0, -1) || '//' : `${path}/`],
    ['two slashes at the start', `/${path}`],
    ['two slashes in the middle', `${path.slice(0, last)}/${path.slice(last)}`],
    ['two slashes at the end', `${path}//`],
    ['a dot segment', `/.${path}`],
    ['a way back', `${NOWHERE}/..${path}`],
    ['an encoded way back', `${NOWHERE}/%2e%2e${path}`],
    ['an encoded letter', encodeAt(path, letter)],
    ['an encoded slash', `${path.slice(0, last) || '/'}%2f${path.slice(last + 1)}`],
    ['a backslash', `/\\${path.slice(1)}`],
    ['capitals', path.toUpperCase()],
    ['a parameter of the segment', `${path};probe=1`],
    ['a space at the end', `${path}%20`],
    ['a zero byte at the end', `${path}%00`],
    ['a file ending', `${path}.json`],
    ['a dot at the end', `${path}/.`],
  ]
  return [
    ...(method === 'GET' ? [{ name: 'HEAD', sent: { method: 'HEAD', path: address } }] : []),
    ...(method === 'OPTIONS' ? [] : [{ name: 'OPTIONS', sent: { method: 'OPTIONS', path: address } }]),
    ...unique(spellings.filter(([, changed]) => changed !== path)).map(([name, changed]) => ({
      name,
      sent: by(changed),
    })),
    ...overridesOf(target),
  ]
}

/** Headers that some servers take for the method or the path. */
function overridesOf({ method, address }: Target): Variant[] {
  const carrier = method === 'POST' ? 'GET' : 'POST'
  const without: Sent = { method: carrier, path: address }
  const mark = address.includes('?') ? '&' : '?'
  const nowhere: Sent = { method: 'GET', path: NOWHERE }
  return [
    ...['x-http-method-override', 'x-http-method', 'x-method-override'].map((name) => ({
      name: `${name}: ${method}`,
      sent: { ...without, headers: { [name]: method } },
      without,
    })),
    { name: `_method=${method}`, sent: { ...without, path: `${address}${mark}_method=${method}` }, without },
    ...(method === 'GET'
      ? ['x-original-url', 'x-rewrite-url'].map((name) => ({
          name,
          sent: { ...nowhere, headers: { [name]: address } },
          without: nowhere,
        }))
      : []),
  ]
}

function encodeAt(path: string, index: number): string {
  if (index === -1) return path
  const code = path.charCodeAt(index).toString(16)
  return `${path.slice(0, index)}%${code}${path.slice(index + 1)}`
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at)]
}

function unique(pairs: readonly [string, string][]): [string, string][] {
  const seen = new Set<string>()
  return pairs.filter(([, path]) => !seen.has(path) && seen.add(path) !== undefined)
}
