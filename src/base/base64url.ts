/** Base64url without padding (RFC 7515 section 2). */
export function encodeBase64Url(bytes: Uint8Array | string): string {
  return Buffer.from(bytes as Uint8Array).toString('base64url')
}

/**
 * Decodes base64url, or answers undefined. Only the one canonical spelling of each value is taken: no padding, no
 * white space, no standard alphabet, no stray bits in the last character, so that a token has exactly one text.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
