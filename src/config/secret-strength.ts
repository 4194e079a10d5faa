import { decodeBase64Url } from '../base/base64url.ts'
import { isPublished } from './published-secrets.ts'

/** The fewest random bytes of a secret (RFC 7518 section 3.2: as long as the hash of HS256). */
export const SECRET_BYTES = 32

const LONGEST_CHARACTERS = 256

/** Words that secrets made up by people consist of. Half of one may occur in a random text by chance; ten letters do not. */
const WORDS = [
  ...[
    'secret',
    'password',
    'passwort',
    'passwd',
    'change',
    'replace',
    'default',
    'example',
    'sample',
    'random',
  ],
  ...['production', 'development', 'testing', 'insecure', 'security', 'secure', 'private', 'string', 'token'],
  ...['session', 'cookie', 'please', 'should', 'least', 'characters', 'character', 'signing', 'signature'],
  ...[
    'access',
    'refresh',
    'super',
    'please',
    'really',
    'longer',
    'strong',
    'value',
    'admin',
    'login',
    'here',
  ],
  ...[
    'this',
    'that',
    'with',
    'your',
    'very',
    'long',
    'must',
    'from',
    'have',
    'never',
    'minimum',
    'jwt',
    'key',
  ],
  ...['auth', 'bits', 'hmac', 'correct', 'horse', 'battery', 'staple', 'welcome', 'hello', 'world', 'monkey'],
  ...['dragon', 'letmein', 'master', 'football', 'baseball', 'princess', 'sunshine', 'iloveyou', 'company'],
]

const KEYBOARD_ROWS = [
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '0123456789',
  '1234567890',
]

/**
 * Everything that is wrong with the text of one secret, as sentences that follow its name; empty for a good one. It
 * wants 256 bits or more from a random source, as base64url or lower-case hex, and knows what no random source gives.
 * That a text passes does not prove it random: nothing can. Source: RFC 8725 section 3.5, RFC 7518 section 3.2.
 */
export function secretProblems(text: string): string[] {
  const shape = shapeProblem(text)
  if (shape !== undefined) return [shape]
  const bytes = decodeBase64Url(text)
  if (bytes === undefined) return ['must be base64url; the last character stands for bits that are cut off']
  if (informationBits(text) < SECRET_BYTES * 8) {
    return [
      `is too short: it must hold ${SECRET_BYTES} random bytes, which is 43 characters of base64url or 64 of hex`,
    ]
  }
  return [...weaknesses(text, bytes)]
}

/** Why a text cannot be a secret at all. The first reason is enough. */
function shapeProblem(text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return 'is empty'
  if (isPublished(text)) return 'is printed in public documentation: everybody knows it'
  if (text.length > LONGEST_CHARACTERS) return `is longer than ${LONGEST_CHARACTERS} characters`
  if (trimmed !== text) return 'has white space round it'
  if (/^["'`].*["'`]$/s.test(text)) return 'has quotes round it that are part of its value'
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && /[+/=]/.test(text)) {
    return 'is base64 where base64url is due: write `-` for `+`, `_` for `/`, and leave out the `=`'
  }
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return 'must be base64url: letters, digits, `-` and `_` only'
  return undefined
}

/** The most bits that a text of these characters could hold: few kinds of character need more of them. */
function informationBits(text: string): number {
  return text.length * (/^\d+$/.test(text) ? Math.log2(10) : /^[0-9a-f]+$/.test(text) ? 4 : 6)
}

function* weaknesses(text: string, bytes: Uint8Array): Generator<string> {
  const hex = /^[0-9a-f]+$/.test(text)
  const decoded = Buffer.from(hex ? Buffer.from(text, 'hex') : bytes)
  if (isPrintable(decoded)) yield 'is a text in another spelling, not random bytes'
  if (smallestPeriod(text) * 2 <= text.length) yield 'repeats itself'
  if (new Set(text).size < (hex ? 10 : 16)) yield 'uses too few different characters'
  if (!hex && !(/[a-z]/.test(text) && /[A-Z]/.test(text)))
    yield 'must mix capital and small letters, as base64url does'
  if (new Set(decoded).size < 16) yield 'uses too few different bytes'
  if (neighbourCount(text) * 2 > text.length || stepCount(decoded) * 3 > decoded.length) yield 'is a sequence'
  if (lettersInWords(text) >= 10) yield 'is made of words'
}

function isPrintable(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
}

/** The length of the shortest piece that the text is a repetition of (the last one may be cut). */
function smallestPeriod(text: string): number {
  for (let period = 1; period < text.length; period++) {
    if (text.slice(period) === text.slice(0, -period)) return period
  }
  return text.length
}

/** How many characters are the same as the one before, or beside it on a keyboard or in the alphabet. */
function neighbourCount(text: string): number {
  const pairs = [...text.toLowerCase()].map((character, index, all) => `${all[index - 1] ?? ''}${character}`)
  const isNeighbour = (pair: string): boolean => {
    const turned = [...pair].reverse().join('')
    return pair[0] === pair[1] || KEYBOARD_ROWS.some((row) => row.includes(pair) || row.includes(turned))
  }
  return pairs.filter((pair) => pair.length === 2 && isNeighbour(pair)).length
}

/** How many bytes continue the step that led to the one before, as in 1, 2, 3 or 0, 16, 32. */
function stepCount(bytes: Uint8Array): number {
  const steps = bytes.map((byte, index) => byte - (bytes[index - 1] ?? 0))
  return steps.filter((step, index) => index > 1 && step === steps[index - 1]).length
}

/** How many letters belong to words. Digits that stand for letters are read as such. */
function lettersInWords(text: string): number {
  const letters = text.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'i').replaceAll('3', 'e')
  const covered = new Set<number>()
  for (const word of WORDS) {
    for (let at = letters.indexOf(word); at >= 0; at = letters.indexOf(word, at + 1)) {
      for (let offset = 0; offset < word.length; offset++) covered.add(at + offset)
    }
  }
  return covered.size
}
