import { Refusal } from '../../errors/refusal.ts'

/** The value of one cookie in a Cookie header (RFC 6265 section 4.2.1); refused where it stands there twice. */
export function readCookie(header: string | undefined, name: string): string | Refusal | undefined {
  if (header === undefined || !header.includes(name)) return undefined
  let found: string | undefined
  // Pair by pair, without a list of them: every request of a browser comes here.
  for (let start = 0; start < header.length; ) {
    const semicolon = header.indexOf(';', start)
    const end = semicolon === -1 ? header.length : semicolon
    const equals = header.indexOf('=', start)
    if (equals !== -1 && equals < end && header.slice(start, equals).trim() === name) {
      if (found !== undefined) return new Refusal('HDR_DUPLICATE')
      found = header.slice(equals + 1, end).trim()
    }
    start = end + 1
  }
  return found
}
