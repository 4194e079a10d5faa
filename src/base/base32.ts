/** RFC 4648 section 6, without padding: for secrets that authenticator apps take. */
const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** Crockford's letters: none looks like another, so that people can copy them from paper. */
const LEGIBLE = '0123456789abcdefghjkmnpqrstvwxyz'

export function encodeBase32(bytes: Uint8Array): string {
  return encode(bytes, STANDARD)
}

export function encodeLegibly(bytes: Uint8Array): string {
  return encode(bytes, LEGIBLE)
}

/** What was meant by a text copied from paper: one case, no separators, and no letters that only look alike. */
export function asLegible(text: string): string {
  return text.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1')
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(held >>> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + alphabet[(held << (5 - bits)) & 31]
}
