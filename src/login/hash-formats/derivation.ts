import { pbkdf2Sync, scryptSync } from 'node:crypto'
import { hashRawSync } from '@node-rs/argon2'
import type { HashProblem, StoredHash } from './format.ts'

/** Shorter than this, other passwords would match by chance or a small search. */
const LEAST_BYTES = 16
/** Longer than anything seen, and each byte more is work for us. */
const MOST_BYTES = 128

// What a stored hash may ask of us: 256 MiB at once, and about a second or two of one thread. Twice to ten times what
// the systems we import from use by default, so that a row in the database cannot be a weapon against the process.
const MOST_KIBIBYTES = 256 * 1024
const MOST_LANES = 64
const MOST_ARGON2_KIBIBYTE_PASSES = 4 * 1024 * 1024
const MOST_SCRYPT_BLOCKS = 4 * 1024 * 1024
const MOST_PBKDF2_ROUNDS = 10_000_000

interface Salted {
  readonly salt: Uint8Array | undefined
  readonly expected: Uint8Array | undefined
}

function hasUsableLength(bytes: Uint8Array): boolean {
  return bytes.byteLength >= LEAST_BYTES && bytes.byteLength <= MOST_BYTES
}

/** Costs come as text from elsewhere: no fraction, no NaN, nothing below one goes further. */
function arePositiveIntegers(...costs: readonly number[]): boolean {
  return costs.every((cost) => Number.isSafeInteger(cost) && cost >= 1)
}

/** Argon2 (RFC 9106) with what a stored hash says about itself. */
export function argon2Hash(
  facts: Salted & {
    readonly variant: string
    readonly version: number
    readonly memoryKibibytes: number
    readonly passes: number
    readonly lanes: number
  },
): StoredHash | HashProblem {
  const { memoryKibibytes, passes, lanes, salt, expected } = facts
  const algorithm = ['d', 'i', 'id'].indexOf(facts.variant)
  const version = [16, 19].indexOf(facts.version)
  if (!salt || !expected || !hasUsableLength(expected) || algorithm < 0 || version < 0) return 'malformed'
  if (!arePositiveIntegers(memoryKibibytes, passes, lanes)) return 'malformed'
  if (salt.byteLength < 8 || memoryKibibytes < 8 * lanes) return 'malformed'
  const work = memoryKibibytes * passes
  if (memoryKibibytes > MOST_KIBIBYTES || work > MOST_ARGON2_KIBIBYTE_PASSES || lanes > MOST_LANES) {
    return 'cost_too_high'
  }
  const options = {
    algorithm,
    version,
    memoryCost: memoryKibibytes,
    timeCost: passes,
    parallelism: lanes,
    outputLen: expected.byteLength,
    salt,
  }
  return { expected, derive: (password) => hashRawSync(password, options) }
}

/** scrypt (RFC 7914). `cost` is N, `blockSize` r, `lanes` p. */
export function scryptHash(
  facts: Salted & { readonly cost: number; readonly blockSize: number; readonly lanes: number },
): StoredHash | HashProblem {
  const { cost, blockSize, lanes, salt, expected } = facts
  if (!salt || !expected || !hasUsableLength(expected)) return 'malformed'
  if (!arePositiveIntegers(cost - 1, blockSize, lanes) || !Number.isInteger(Math.log2(cost)))
    return 'malformed'
  const kibibytes = (blockSize * (cost + lanes)) / 8
  if (kibibytes > MOST_KIBIBYTES || cost * blockSize * lanes > MOST_SCRYPT_BLOCKS) return 'cost_too_high'
  const options = { N: cost, r: blockSize, p: lanes, maxmem: (kibibytes + 1024) * 1024 }
  return { expected, derive: (password) => scryptSync(password, salt, expected.byteLength, options) }
}

const DIGEST_BYTES = { sha1: 20, sha256: 32, sha512: 64 } as const
export type Pbkdf2Digest = keyof typeof DIGEST_BYTES

/** PBKDF2 with HMAC (RFC 8018 section 5.2). */
export function pbkdf2Hash(
  facts: Salted & { readonly digest: Pbkdf2Digest; readonly iterations: number },
): StoredHash | HashProblem {
  const { digest, iterations, salt, expected } = facts
  if (!salt || !expected || !hasUsableLength(expected)) return 'malformed'
  if (!arePositiveIntegers(iterations)) return 'malformed'
  // Each digest's worth of output costs all iterations again.
  const rounds = iterations * Math.ceil(expected.byteLength / DIGEST_BYTES[digest])
  if (rounds > MOST_PBKDF2_ROUNDS) return 'cost_too_high'
  return {
    expected,
    derive: (password) => pbkdf2Sync(password, salt, iterations, expected.byteLength, digest),
  }
}
