import { isJsonObject, type Json, type JsonFault, type JsonObject } from '../../src/base/strict-json.ts'

/** Thrown where the text is no JSON. */
class NoJson extends Error {}

/**
 * A second reader of JSON objects, character by character after the grammar of RFC 8259, to compare `parseStrictJson`
 * with: it shares nothing with it and sees each member name as it comes. Answers with the value, or with every fault
 * that it has found: JSON.parse loses the first of two equal names with all that is wrong in it.
 */
export function parsePlainly(bytes: Uint8Array, maxDepth = 8): JsonObject | readonly JsonFault[] {
  const text = textOf(bytes)
  if (text === undefined) return ['not_json']
  try {
    const reader = new Reader(text, maxDepth)
    const value = reader.document()
    return isJsonObject(value) ? (reader.faults() ?? value) : ['not_json']
  } catch (error) {
    if (error instanceof NoJson) return ['not_json']
    throw error
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class Reader {
  readonly #text: string
  readonly #maxDepth: number
  #at = 0
  #depth = 0
  #tooDeep = false
  #twice = false

  constructor(text: string, maxDepth: number) {
    this.#text = text
    this.#maxDepth = maxDepth
  }

  document(): Json {
    const value = this.#value()
    if (this.#at < this.#text.length) throw new NoJson()
    return value
  }

  faults(): readonly JsonFault[] | undefined {
    const faults: JsonFault[] = []
    if (this.#tooDeep) faults.push('too_deep')
    if (this.#twice) faults.push('member_twice')
    return faults.length > 0 ? faults : undefined
  }

  #value(): Json {
    this.#space()
    const first = this.#text[this.#at]
    const value =
      first === '{'
        ? this.#object()
        : first === '['
          ? this.#list()
          : first === '"'
            ? this.#string()
            : this.#word()
    this.#space()
    return value
  }

  #object(): Json {
    this.#enter('{')
    const names = new Set<string>()
    const members: [string, Json][] = []
    this.#space()
    if (!this.#takes('}')) {
      do {
        this.#space()
        const name = this.#string()
        this.#space()
        this.#demand(':')
        const value = this.#value()
        if (names.has(name)) this.#twice = true
        names.add(name)
        if (name !== '__proto__') members.push([name, value])
      } while (this.#takes(','))
      this.#demand('}')
    }
    this.#depth--
    return Object.fromEntries(members)
  }

  #list(): Json {
    this.#enter('[')
    const items: Json[] = []
    this.#space()
    if (!this.#takes(']')) {
      do items.push(this.#value())
      while (this.#takes(','))
      this.#demand(']')
    }
    this.#depth--
    return items
  }

  #string(): string {
    this.#demand('"')
    let value = ''
    for (;;) {
      const character = this.#text[this.#at++]
      if (character === undefined || character < ' ') throw new NoJson()
      if (character === '"') return value
      value += character === '\\' ? this.#escape() : character
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? ''
    if (letter !== 'u') {
      const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
      if (plain === undefined) throw new NoJson()
      return plain
    }
    const digits = this.#text.slice(this.#at, this.#at + 4)
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new NoJson()
    this.#at += 4
    return String.fromCharCode(Number.parseInt(digits, 16))
  }

  #word(): Json {
    const [word = ''] = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(
      this.#text.slice(this.#at),
    ) ?? ['']
    if (word === '') throw new NoJson()
    this.#at += word.length
    return word === 'true' ? true : word === 'false' ? false : word === 'null' ? null : Number(word)
  }

  #enter(bracket: string): void {
    this.#demand(bracket)
    this.#depth++
    if (this.#depth > this.#maxDepth) this.#tooDeep = true
  }

  #space(): void {
    while (this.#at < this.#text.length && ' \t\n\r'.includes(this.#text[this.#at] ?? '')) this.#at++
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #demand(character: string): void {
    if (!this.#takes(character)) throw new NoJson()
  }
}
