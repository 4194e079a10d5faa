import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import type { Random } from '../base/random.ts'
import { uuidFromBytes, uuidToBytes } from '../base/uuid.ts'

/** For scanners that look for leaked secrets. */
const PREFIX = 'cs_link_'

/** account 16 · secret 32 */
const AT = { secret: 16, end: 48 } as const

/** The one-use value of a mailed link: 256 bits from the random source (rule E12). */
export function makeLinkToken(userId: string, random: Random): string {
  const bytes = Buffer.concat([uuidToBytes(userId), random(AT.end - AT.secret)])
  return PREFIX + encodeBase64Url(bytes)
}

/** The account that the text names; undefined for a text that is none. Proves nothing. */
export function readLinkToken(text: string): { readonly userId: string } | undefined {
  const bytes = text.startsWith(PREFIX) ? decodeBase64Url(text.slice(PREFIX.length)) : undefined
  return bytes?.length === AT.end ? { userId: uuidFromBytes(bytes.subarray(0, AT.secret)) } : undefined
}
