import { isUtf8 } from 'node:buffer'

/** What JSON can hold; frozen all the way down where it comes out of `parseStrictJson`. */
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
export function parseStrictJson(bytes: Buffer, maxDepth = DEPTH): JsonObject | JsonFault {
  return isUtf8(bytes) ? parseStrictJsonText(bytes.toString('utf8'), maxDepth) : 'not_json'
}

/** The same for text that is known to have been UTF-8. */
export function parseStrictJsonText(text: string, maxDepth = DEPTH): JsonObject | JsonFault {
  let value: Json
  try {
    value = JSON.parse(text)
  } catch {
    return 'not_json'
  }
  if (!isJsonObject(value)) return 'not_json'
  const commas = settle(value, maxDepth)
  if (Number.isNaN(commas)) return 'too_deep'
  return occurrences(',', text) === commas || keepsAllTexts(text) ? value : 'member_twice'
}

/** Whether it is an object, and neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Freezes an object or a list and counts the commas that stand between its members and items; NaN if it is deeper than
 * allowed. Of two members with one name the first is lost in parsing, while its comma stays in the text: where the text
 * has no comma more than these, no name stands twice.
 */
function settle(value: JsonObject | readonly Json[], levels: number): number {
  if (levels === 0) return Number.NaN
  let size = 0
  let within = 0
  if (isJsonObject(value)) {
    if (inheritsMembers()) Object.setPrototypeOf(value, null)
    for (const name in value) {
      size++
      const inner = value[name]
      if (typeof inner === 'object' && inner !== null) within += settle(inner, levels - 1)
      if (name === '__proto__') Reflect.deleteProperty(value, name)
    }
  } else {
    for (const inner of value) {
      size++
      if (typeof inner === 'object' && inner !== null) within += settle(inner, levels - 1)
    }
  }
  Object.freeze(value)
  return within + Math.max(0, size - 1)
}

/** Whether somebody has added members to all objects: they must not pass for members that were in the text. */
function inheritsMembers(): boolean {
  for (const _ in {}) return true
  return false
}

/**
 * The slower proof, for texts that hold commas of their own: a member that was lost in parsing took its name with it,
 * so fewer texts are left than are written down.
 */
function keepsAllTexts(json: string): boolean {
  const escapesRemoved = json.replaceAll(/\\./g, '')
  return countTexts(JSON.parse(json)) === occurrences('"', escapesRemoved) / 2
}

function countTexts(value: Json | undefined): number {
  if (typeof value === 'string') return 1
  if (typeof value !== 'object' || value === null) return 0
  const names = isJsonObject(value) ? Object.keys(value).length : 0
  return Object.values<Json | undefined>(value).reduce<number>((sum, inner) => sum + countTexts(inner), names)
}

function occurrences(character: string, text: string): number {
  let count = 0
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count++
  return count
}
