import type { JsonObject } from '../base/strict-json.ts'
import { isJsonObject } from '../base/strict-json.ts'
import { parseForeignJson } from './foreign-json.ts'

/** A token as a person pasted it or a request carried it, taken apart as far as it goes. Nothing in it is proven. */
export interface PastedToken {
  /** Exactly as it was given. */
  readonly given: string
  /** Without scheme, quotes and white space around it. */
  readonly text: string
  readonly parts: readonly string[]
  readonly header: JsonObject | undefined
  readonly claims: JsonObject | undefined
  /** The signature as bytes, read leniently. */
  readonly signature: Buffer
  /** What was signed. */
  readonly signingInput: string
}

/** Takes a token apart more willingly than any verifier would: the doctor has to see what is wrong with it. */
export function readPasted(given: string): PastedToken {
  const text = bareToken(given)
  const parts = text.split('.')
  const [first = '', second = '', third = ''] = parts
  return {
    given,
    text,
    parts,
    header: parts.length > 1 ? jsonOf(first) : undefined,
    claims: parts.length > 1 ? jsonOf(second) : undefined,
    signature: Buffer.from(third, 'base64url'),
    signingInput: `${first}.${second}`,
  }
}

/** Invisible characters, as text and as the bytes of their UTF-8 read one by one. */
const INVISIBLE =
  /[\s\u00a0\u00ad\u200b-\u200f\u2028\u2029\u2060\ufeff]|\u00e2\u0080[\u008b-\u008f]|\u00c2\u00a0|\u00ef\u00bb\u00bf/g

/** The token without what is put around tokens by mistake. */
export function bareToken(given: string): string {
  let text = given.trim().replace(/^authorization:\s*/i, '')
  text = withoutQuotes(text)
  text = text.replace(/^(?:(?:bearer|jwt|token|dpop):?\s+)+/i, '')
  text = withoutQuotes(text).replace(INVISIBLE, '')
  return /%2[ebdfBD]|%3d/i.test(text) ? decoded(text) : text
}

/** By a walk from both ends: an expression that looks for the end begins anew at every quote of a long run of them. */
function withoutQuotes(text: string): string {
  const isQuote = (at: number): boolean => '"\'`'.includes(text.charAt(at))
  let start = 0
  let end = text.length
  while (start < end && isQuote(start)) start++
  while (end > start && isQuote(end - 1)) end--
  return text.slice(start, end)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether there is a character that nobody sees inside a text. */
export function hasInvisible(text: string): boolean {
  return text.search(INVISIBLE) !== -1
}

/** Whether it looks like a signed token: the beginning of a JSON object in base64url, and dots. */
export function looksLikeJwt(text: string): boolean {
  return /^eyJ[\w+/=-]*\./.test(text)
}

function jsonOf(part: string): JsonObject | undefined {
  try {
    const value = parseForeignJson(Buffer.from(part, 'base64url').toString('utf8'))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
