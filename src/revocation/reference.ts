import { createHash } from 'node:crypto'
import { uuidFromBytes } from '../base/uuid.ts'

/** What a hexadecimal digit in lower case is worth; anything else is negative, and makes every sum of bits so. */
const DIGITS = new Int32Array(128).fill(-1)
for (let value = 0; value < 16; value++) DIGITS[value.toString(16).charCodeAt(0)] = value

/** Between the parts of a UUID stand hyphens, and its version digit opens the third part (RFC 9562 section 4). */
const HYPHEN = 0x2d
const VERSION = 0xf000
const RANDOM = 0x4000

/**
 * Reads a reference into four words, without allocating; false if it is not a random UUID in its one spelling. The
 * version digit, the same in all of these, makes room for the kind, a number from 0 to 14.
 */
export function readUuid(text: string, kind: number, words: Int32Array): boolean {
  if (text.length !== 36) return false
  const hyphens =
    (text.charCodeAt(8) ^ HYPHEN) |
    (text.charCodeAt(13) ^ HYPHEN) |
    (text.charCodeAt(18) ^ HYPHEN) |
    (text.charCodeAt(23) ^ HYPHEN)
  const a = readFour(text, 0)
  const b = readFour(text, 4)
  const c = readFour(text, 9)
  const d = readFour(text, 14)
  const e = readFour(text, 19)
  const f = readFour(text, 24)
  const g = readFour(text, 28)
  const h = readFour(text, 32)
  words[0] = (a << 16) | b
  words[1] = (c << 16) | withKind(d, kind)
  words[2] = (e << 16) | f
  words[3] = (g << 16) | h
  return hyphens === 0 && (a | b | c | d | e | f | g | h) >= 0 && (d & VERSION) === RANDOM
}

/** The text of a UUID that was read. */
export function uuidText(words: Int32Array): string {
  const bytes = Buffer.alloc(16)
  for (let index = 0; index < 4; index++) bytes.writeInt32BE(words[index] ?? 0, 4 * index)
  bytes.writeUInt16BE((bytes.readUInt16BE(6) & ~VERSION) | RANDOM, 6)
  return uuidFromBytes(bytes)
}

/** The kind that was read with a reference. */
export function kindOf(words: Int32Array): number {
  return (((words[1] ?? 0) & VERSION) >>> 12) - 1
}

/** Four words that stand for a kind and a text of any length. Slower, and no way leads back. */
export function digestReference(text: string, kind: number, words: Int32Array): void {
  const digest = createHash('sha256').update(text).digest()
  for (let index = 0; index < 4; index++) words[index] = digest.readInt32BE(4 * index)
  words[1] = withKind(words[1] ?? 0, kind)
}

function readFour(text: string, at: number): number {
  return (
    (digitAt(text, at) << 12) |
    (digitAt(text, at + 1) << 8) |
    (digitAt(text, at + 2) << 4) |
    digitAt(text, at + 3)
  )
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < 128 ? (DIGITS[code] ?? -1) : -1
}

function withKind(word: number, kind: number): number {
  return (word & ~VERSION) | ((kind + 1) << 12)
}
