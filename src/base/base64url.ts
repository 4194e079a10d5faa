import { isUtf8 } from 'node:buffer'

/** Base64url without padding (RFC 7515 section 2). */
export function encodeBase64Url(bytes: Uint8Array | string): string {
  return Buffer.from(bytes as Uint8Array).toString('base64url')
}

/**
 * Decodes base64url, or answers undefined. Only the one canonical spelling of each value is taken: no padding, no
 * white space, no standard alphabet, no stray bits in the last character, so that a token has exactly one text. Writing
 * it again is the proof: to count what came out would be quicker and wrong, for Node takes U+0142 for the `B` that its
 * last eight bits are.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** Room for the text that is being read. Filled and read again within one call, so nobody else ever sees it. */
const room = Buffer.allocUnsafeSlow(8192)

/**
 * The same for what must be text in UTF-8: null where it is none. It makes no Buffer, which for a token would cost as much
 * as to decode it.
 */
export function decodeBase64UrlText(text: string): string | null | undefined {
  if (text.length > room.length) return textOf(decodeBase64Url(text))
  const length = room.write(text, 'base64url')
  if (room.toString('base64url', 0, length) !== text) return undefined
  const decoded = room.toString('utf8', 0, length)
  // What is no UTF-8 has left this character, which may also have been written.
  return decoded.includes('\ufffd') ? textOf(room.subarray(0, length)) : decoded
}

function textOf(bytes: Buffer | undefined): string | null | undefined {
  if (bytes === undefined) return undefined
  return isUtf8(bytes) ? bytes.toString('utf8') : null
}
