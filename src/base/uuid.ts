/** The text form of 16 bytes, as RFC 9562 section 4 writes them. */
export function uuidFromBytes(bytes: Uint8Array): string {
  return uuidFromHex(Buffer.from(bytes).toString('hex'))
}

/** The same of 32 hexadecimal digits in lower case. */
export function uuidFromHex(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The digits of a UUID's text form. Throws a RangeError on anything else. */
export function uuidToHex(uuid: string): string {
  if (!isUuid(uuid)) throw new RangeError('not a UUID')
  return uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24)
}

/** The 16 bytes of a UUID's text form. Throws a RangeError on anything else. */
export function uuidToBytes(uuid: string): Uint8Array {
  return new Uint8Array(Buffer.from(uuidToHex(uuid), 'hex'))
}

/** Whether the text is a UUID in its lower-case form. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)
}
