/** Text that is HTML already and may be sent as it is. The class stays in this file: only the `html` tag makes one. */
class Safe {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  toString(): string {
    return this.#text
  }
}
export type SafeHtml = Safe

/** Names and values inside of a tag. Only `attributes` makes them. */
class TagParts {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  toString(): string {
    return this.#text
  }
}
export type Attributes = TagParts

/** What may stand in a gap. What is absent leaves nothing. */
export type HtmlValue =
  | SafeHtml
  | Attributes
  | string
  | number
  | false
  | null
  | undefined
  | readonly HtmlValue[]

/** Where in the markup a gap is; each place has its own way to be harmless. */
type Place = 'text' | 'value' | 'address' | 'tag'

const places = new WeakMap<TemplateStringsArray, readonly Place[]>()

/**
 * Markup with gaps. Values are text: what would be markup in them is escaped, in an address only schemes that run nothing
 * are let through, and a gap where no escaping helps (inside of a script or a style, in a name, in a value without double
 * quotes) throws the first time it is met. HTML as such goes in only as the result of another `html`.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): SafeHtml {
  const known = places.get(strings) ?? findPlaces(strings)
  places.set(strings, known)
  let text = strings[0] ?? ''
  for (const [at, value] of values.entries()) {
    text += render(value, known[at] as Place) + (strings[at + 1] ?? '')
  }
  return new Safe(text)
}

/** Attributes that are there or not: `true` is the bare name, `undefined` and `false` leave it out. */
export function attributes(all: Readonly<Record<string, string | number | boolean | undefined>>): Attributes {
  const parts = Object.entries(all).flatMap(([name, value]) => {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || isForbidden(name)) throw new TypeError(`not an attribute: ${name}`)
    if (value === undefined || value === false) return []
    return value === true ? [name] : [`${name}="${render(String(value), placeOfValue(name))}"`]
  })
  return new TagParts(parts.join(' '))
}

function render(value: HtmlValue, place: Place): string {
  if (value === undefined || value === null || value === false) return ''
  if (Array.isArray(value)) return value.map((one) => render(one, place)).join('')
  if (value instanceof TagParts) {
    if (place !== 'tag') throw new TypeError('attributes outside of a tag')
    return value.toString()
  }
  if (place === 'tag') throw new TypeError('text inside of a tag: write an attribute, or use attributes()')
  if (value instanceof Safe) {
    if (place !== 'text') throw new TypeError('markup inside of an attribute')
    return value.toString()
  }
  const text = String(value)
  if (place === 'address' && !isHarmlessAddress(text))
    throw new TypeError('an address of a scheme that can run')
  return escapeText(text)
}

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPED[character] as string)
}

const HARMLESS_SCHEMES = ['http', 'https', 'mailto', 'otpauth']

/** Browsers drop white space and control characters before they look for the scheme. */
function isHarmlessAddress(address: string): boolean {
  const scheme = /^([^/?#]*?):/.exec(address.replace(/[\p{Cc}\s]/gu, ''))?.[1]
  return scheme === undefined || HARMLESS_SCHEMES.includes(scheme.toLowerCase())
}

const ADDRESSES = ['href', 'src', 'action', 'formaction', 'poster', 'data']
const RAW_TEXT = ['script', 'style']

function isForbidden(name: string): boolean {
  return name.startsWith('on') || name === 'style' || name === 'srcdoc'
}

function placeOfValue(name: string): Place {
  return ADDRESSES.includes(name) ? 'address' : 'value'
}

/** Reads the markup as a browser would, as far as we write it: every value in double quotes, no comments. */
function findPlaces(strings: TemplateStringsArray): Place[] {
  let state: 'text' | 'tag' | 'value' | 'raw' = 'text'
  let element = ''
  let name = ''
  return strings.slice(0, -1).map((part) => {
    for (const character of part) {
      if (state === 'value') {
        if (character === '"') [state, name] = ['tag', '']
      } else if (state !== 'tag') {
        if (character === '<') [state, element, name] = ['tag', '', '<']
        else if (state === 'raw') throw new TypeError('no inline script or style')
      } else if (character === '>') {
        state = RAW_TEXT.includes(element) ? 'raw' : 'text'
      } else if (character === '"') {
        if (isForbidden(name)) throw new TypeError(`no ${name} in markup`)
        state = 'value'
      } else if (/\s/.test(character)) {
        if (name.startsWith('<')) element = name.slice(1).toLowerCase()
        name = ''
      } else if (character !== '=') {
        name += character.toLowerCase()
        if (name.startsWith('<')) element = name.slice(1)
      }
    }
    if (state === 'text') return 'text'
    if (state === 'value') return placeOfValue(name)
    if (state === 'tag' && name === '') return 'tag'
    throw new TypeError(`a gap where nothing is harmless, after ${JSON.stringify(part.slice(-20))}`)
  })
}
