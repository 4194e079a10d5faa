/** Values of ASN.1 as DER writes them (ITU-T X.690): the few kinds that a certificate of ours holds. */

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return value(0x30, ...parts)
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return value(0x31, ...parts)
}

/** A whole number that is not negative, from its bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start === -1 ? Buffer.of(0) : bytes.subarray(start)
  // A first bit that is set would say that it is negative.
  return (digits[0] ?? 0) >= 0x80 ? value(0x02, Buffer.of(0), digits) : value(0x02, digits)
}

/** `1.2.840.10045.4.3.2` */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return value(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)))
}

export function utf8(text: string): Buffer {
  return value(0x0c, Buffer.from(text))
}

export function yes(): Buffer {
  return value(0x01, Buffer.of(0xff))
}

/** `unused`: bits at the end that do not count. */
export function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return value(0x03, Buffer.of(unused), bytes)
}

export function octets(bytes: Uint8Array): Buffer {
  return value(0x04, bytes)
}

/** To the second; for years up to 2049, as RFC 5280 section 4.1.2.5 wants it. */
export function utcTime(date: Date): Buffer {
  const text = date
    .toISOString()
    .replaceAll(/[-:T]|\.\d+/g, '')
    .slice(2)
  return value(0x17, Buffer.from(text, 'ascii'))
}

/** A value whose kind follows from its place. */
export function tagged(number: number, isConstructed: boolean, ...parts: readonly Uint8Array[]): Buffer {
  return value(0x80 | (isConstructed ? 0x20 : 0) | number, ...parts)
}

function value(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  const start = bytes.findIndex((byte) => byte !== 0)
  return Buffer.concat([Buffer.of(0x80 | (4 - start)), bytes.subarray(start)])
}

function base128(number: number): number[] {
  const digits = [number & 0x7f]
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) digits.unshift(0x80 | (rest & 0x7f))
  return digits
}
