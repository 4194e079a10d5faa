const SEQUENCE = 0x30
const INTEGER = 0x02
/** From here on the length of a DER value takes a byte of its own. */
const LONG = 0x80

/**
 * The two numbers of an ECDSA signature, side by side in a JWS (RFC 7518 section 3.4), as the DER that OpenSSL itself
 * works with (RFC 3279 section 2.2.3). It proves nothing and refuses nothing: zero and numbers beyond the order of the
 * curve come out as they are, for the check of the signature to refuse. The caller has checked the length.
 */
export function derOfEcdsa(signature: Uint8Array): Buffer {
  const half = signature.length / 2
  const rStart = firstOfNumber(signature, 0, half)
  const sStart = firstOfNumber(signature, half, signature.length)
  const rBytes = half - rStart + signBytes(signature, rStart)
  const sBytes = signature.length - sStart + signBytes(signature, sStart)
  const inside = 4 + rBytes + sBytes
  const header = inside < LONG ? 2 : 3
  const der = Buffer.allocUnsafe(header + inside)
  der[0] = SEQUENCE
  if (header === 3) der[1] = LONG | 1
  der[header - 1] = inside
  putNumber(der, header, signature, rStart, half, rBytes)
  putNumber(der, header + 2 + rBytes, signature, sStart, signature.length, sBytes)
  return der
}

/** Leading zeros have no place in DER; the last byte always has one. */
function firstOfNumber(signature: Uint8Array, from: number, to: number): number {
  let first = from
  while (first < to - 1 && signature[first] === 0) first++
  return first
}

/** A number whose first bit is set would be negative, so a zero stands before it. */
function signBytes(signature: Uint8Array, first: number): 0 | 1 {
  return (signature[first] ?? 0) >= LONG ? 1 : 0
}

function putNumber(
  der: Buffer,
  at: number,
  signature: Uint8Array,
  from: number,
  to: number,
  bytes: number,
): void {
  der[at] = INTEGER
  der[at + 1] = bytes
  der[at + 2] = 0
  const start = at + 2 + bytes - (to - from)
  for (let byte = from; byte < to; byte++) der[start + byte - from] = signature[byte] ?? 0
}

/**
 * The other way about, for a signature that OpenSSL has just made: it takes half the time of asking OpenSSL for this form.
 * Reads DER by its promise, so it is not for signatures of others.
 */
export function ecdsaOfDer(der: Uint8Array, coordinateBytes: number): Buffer {
  const signature = Buffer.alloc(2 * coordinateBytes)
  const header = der[1] === (LONG | 1) ? 3 : 2
  const rEnd = header + 2 + (der[header + 1] ?? 0)
  takeNumber(der, header + 2, rEnd, signature, coordinateBytes)
  takeNumber(der, rEnd + 2, der.length, signature, 2 * coordinateBytes)
  return signature
}

/** Copies the number to where it ends; a zero in front, which only says that it is not negative, falls away. */
function takeNumber(der: Uint8Array, from: number, to: number, signature: Buffer, end: number): void {
  const first = der[from] === 0 ? from + 1 : from
  for (let byte = first; byte < to; byte++) signature[end - (to - byte)] = der[byte] ?? 0
}
