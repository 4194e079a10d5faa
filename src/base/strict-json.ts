import { isUtf8 } from 'node:buffer'

/** What JSON can hold. Values out of `parseStrictJson` are frozen all the way down, and no object has a prototype. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json | undefined
}

/** Why a text was not taken: no JSON in UTF-8, a member name that stands twice in one object, or too many levels. */
export type JsonFault = 'not_json' | 'member_twice' | 'too_deep'

/** Levels of arrays and objects that are read unless told otherwise. */
const DEPTH = 8

/**
 * Reads a JSON object (RFC 8259), or says what is wrong with it. Two parsers may disagree on which of two equal names
 * counts, so neither does; a member called `__proto__` is left out, for copying it could change what an object
 * inherits. Numbers beyond what a double holds come out rounded or infinite. The caller limits the size.
 */
export function parseStrictJson(bytes: Uint8Array, maxDepth = DEPTH): JsonObject | JsonFault {
  if (!isUtf8(bytes)) return 'not_json'
  let value: Json
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  } catch {
    return 'not_json'
  }
  if (!isJsonObject(value)) return 'not_json'
  const kept = settle(value, maxDepth)
  if (Number.isNaN(kept)) return 'too_deep'
  return kept === countTexts(bytes) ? value : 'member_twice'
}

/** Whether it is an object, and neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The texts written down in valid JSON, names and values alike. Every one of them survives parsing but the name of a
 * member that another one of the same name overwrote: so equal counts prove that no name stands twice.
 */
function countTexts(bytes: Uint8Array): number {
  let quotes = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === BACKSLASH) at++
    else if (byte === QUOTE) quotes++
  }
  return quotes / 2
}
const BACKSLASH = 0x5c
const QUOTE = 0x22

/** Freezes a value, takes away prototypes, and counts the texts it holds. NaN if it is deeper than allowed. */
function settle(value: Json, levels: number): number {
  if (typeof value === 'string') return 1
  if (typeof value !== 'object' || value === null) return 0
  if (levels === 0) return Number.NaN
  let texts = 0
  if (isJsonObject(value)) {
    Object.setPrototypeOf(value, null)
    for (const name in value) {
      texts += 1 + settle(value[name] ?? null, levels - 1)
    }
    if ('__proto__' in value) Reflect.deleteProperty(value, '__proto__')
  } else {
    for (const item of value) texts += settle(item, levels - 1)
  }
  Object.freeze(value)
  return texts
}
