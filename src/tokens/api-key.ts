import { crc32 } from 'node:zlib'
import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import type { Random } from '../base/random.ts'
import { uuidFromBytes, uuidToBytes } from '../base/uuid.ts'

/** For scanners that look for leaked secrets: this, then 70 characters of base64url. */
export const API_KEY_PREFIX = 'cs_key_'

/** owner 16 · secret 32 · checksum 4 */
const AT = { secret: 16, checksum: 48, end: 52 } as const

/** What the text of an API key says. Whether there is such a key only the store can tell. */
export interface ApiKeyText {
  readonly userId: string
}

/** A new key: 256 bits from the random source. The checksum lets a scanner tell a key from a text that looks like one. */
export function makeApiKey(userId: string, random: Random): string {
  const bytes = Buffer.alloc(AT.end)
  bytes.set(uuidToBytes(userId))
  bytes.set(random(AT.checksum - AT.secret), AT.secret)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, AT.checksum)), AT.checksum)
  return API_KEY_PREFIX + encodeBase64Url(bytes)
}

/** Undefined for a text that is none: cut short, in another case, mistyped. Proves nothing. */
export function readApiKey(text: string): ApiKeyText | undefined {
  const bytes = text.startsWith(API_KEY_PREFIX)
    ? decodeBase64Url(text.slice(API_KEY_PREFIX.length))
    : undefined
  if (bytes?.length !== AT.end) return undefined
  const sound = crc32(bytes.subarray(0, AT.checksum)) === bytes.readUInt32BE(AT.checksum)
  return sound ? { userId: uuidFromBytes(bytes.subarray(0, AT.secret)) } : undefined
}
