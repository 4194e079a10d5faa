import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import type { Random } from '../base/random.ts'
import { uuidFromBytes, uuidToBytes } from '../base/uuid.ts'

/** For scanners that look for leaked secrets. */
const PREFIX = 'cs_code_'
/** user id 16 · secret 32 */
const AT = { secret: 16, end: 48 } as const

/** How long a code is good (C4). */
export const CODE_LIFE_MILLISECONDS = 60_000

/** A new authorization code of 256 random bits. It names the user, so that it can be looked up where they are kept. */
export function makeCode(userId: string, random: Random): string {
  return PREFIX + encodeBase64Url(Buffer.concat([uuidToBytes(userId), random(AT.end - AT.secret)]))
}

/** Whose code it says it is, or undefined for what is none of ours. Only the store knows whether it is good. */
export function readCode(text: string): { readonly userId: string } | undefined {
  const bytes = text.startsWith(PREFIX) ? decodeBase64Url(text.slice(PREFIX.length)) : undefined
  if (bytes?.length !== AT.end) return undefined
  return { userId: uuidFromBytes(bytes.subarray(0, AT.secret)) }
}
