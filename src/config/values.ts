import { isIP } from 'node:net'
import { z } from 'zod'
import type { ValueKind } from './setting.ts'

const asIs = (text: string): unknown => text

/** A whole number within bounds, both included. */
export function wholeNumber(least: number, most: number): ValueKind<number, number> {
  const expects = `a whole number from ${least} to ${most}`
  const error = `must be ${expects}`
  return {
    schema: z.int({ error }).min(least, { error }).max(most, { error }),
    expects,
    fromText: (text) => (/^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text),
  }
}

/** One word out of a few. */
export function oneOf<const Word extends string>(...words: readonly Word[]): ValueKind<Word, Word> {
  const expects = inWords(words)
  return { schema: z.enum(words, { error: `must be ${expects}` }), expects, fromText: asIs }
}

/** On or off. */
export function yesOrNo(): ValueKind<boolean, boolean> {
  const expects = '`true` or `false`'
  return {
    schema: z.boolean({ error: `must be ${expects}` }),
    expects,
    fromText: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  }
}

/** A text that meets a condition. The longest is 2048 characters, so that no setting is without a limit. */
export function textThat(expects: string, holds: (text: string) => boolean): ValueKind<string, string> {
  const error = `must be ${expects}`
  const schema = z.string({ error }).refine((text) => text.length <= 2048 && holds(text), { error })
  return { schema, expects, fromText: asIs }
}

/** A list of texts; in the environment they are separated by commas. At most 100. */
export function listOf(
  entry: ValueKind<string, string>,
  expects: string,
): ValueKind<readonly string[], readonly string[]> {
  const error = `must be ${expects}`
  const schema = z.array(entry.schema, { error }).max(100, { error }).readonly()
  return { schema, expects, fromText: commaSeparated }
}

/** Splits at commas; white space round an entry is no part of it. */
export function commaSeparated(text: string): string[] {
  return text.split(',').map((entry) => entry.trim())
}

/** An IP address, or a network as address and prefix length (RFC 4632 section 3.1, RFC 4291 section 2.3). */
export function isAddressOrNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0 || address.includes('%')) return false
  return (
    prefix === undefined ||
    (/^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
  )
}

/** Whether a text is an http or https URL in the one spelling that a URL parser gives back. */
export function isCanonicalHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash, href } = new URL(text)
  const plain = (protocol === 'https:' || protocol === 'http:') && username + password + search + hash === ''
  return plain && (href === text || href === `${text}/`)
}

/** Whether a text is one line of plain characters with something in it. */
export function isPlainLine(text: string): boolean {
  return text.trim() !== '' && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text)
}

function inWords(words: readonly string[]): string {
  const quoted = words.map((word) => `\`${word}\``)
  const last = quoted.pop() ?? ''
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`
}
