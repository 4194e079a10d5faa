import { decodeBase64Url, decodeBase64UrlText } from '../base/base64url.ts'
import { type JsonObject, parseStrictJsonText } from '../base/strict-json.ts'
import { Refusal } from '../errors/refusal.ts'
import { causeOfShape, causeOfShortness, causeOfSpelling } from './diagnosis.ts'

/** Nothing in a longer token is looked at, whatever it may hold. Characters. */
export const LONGEST_TOKEN = 8192

/** A signed token taken apart (JWS compact serialisation, RFC 7515 section 7.1). Nothing in it is proven. */
export interface Compact {
  readonly header: JsonObject
  /** Decoded; null where it is no text in UTF-8, and so no JSON. */
  readonly payload: string | null
  /** What the signature is over: header and payload as they stand in the token. */
  readonly signingInput: string
  readonly signature: Buffer
}

/** A header that has been read, by its spelling. Few keys sign, so a verifier meets few headers. */
export interface KnownHeader {
  readonly text: string
  readonly header: JsonObject
}

/**
 * Takes a signed token apart, or says in what way it is none. One spelling only: three parts in canonical base64url
 * and a header without doubled members; no JSON serialisation, no encryption, no compression (RFC 8725 section 2.4).
 * A header among those known is not read again.
 */
export function parseCompact(text: string, knownHeaders: readonly KnownHeader[] = []): Compact | Refusal {
  if (text.length > LONGEST_TOKEN) {
    return new Refusal('TOKEN_TOO_LARGE', { details: { characters: text.length, limit: LONGEST_TOKEN } })
  }
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  if (first < 1 || second === -1 || text.indexOf('.', second + 1) !== -1) return causeOfShape(text)

  const headerText = text.slice(0, first)
  const header = knownAmong(knownHeaders, headerText) ?? readHeader(headerText)
  if (header instanceof Refusal) return header
  const payload = decodeBase64UrlText(text.slice(first + 1, second))
  if (payload === undefined) return causeOfSpelling(text, 'payload')
  const signature = decodeBase64Url(text.slice(second + 1))
  if (signature === undefined) {
    return causeOfShortness(header, text.length - second - 1) ?? causeOfSpelling(text, 'signature')
  }
  return { header, payload, signingInput: text.slice(0, second), signature }
}

/** The JSON object that a part of a token holds. */
export function readJsonPart(text: string | null, part: 'header' | 'payload'): JsonObject | Refusal {
  const read = text === null ? 'not_json' : parseStrictJsonText(text)
  if (typeof read !== 'string') return read
  const code = read === 'member_twice' ? 'TOKEN_MEMBER_TWICE' : 'TOKEN_NOT_JSON'
  return new Refusal(code, { details: { part, why: read } })
}

function knownAmong(knownHeaders: readonly KnownHeader[], text: string): JsonObject | undefined {
  for (const known of knownHeaders) if (known.text === text) return known.header
  return undefined
}

function readHeader(headerText: string): JsonObject | Refusal {
  const text = decodeBase64UrlText(headerText)
  return text === undefined ? causeOfSpelling(headerText, 'header') : readJsonPart(text, 'header')
}
