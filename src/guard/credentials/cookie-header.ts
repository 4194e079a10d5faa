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
    if (equals !== -1 && equals < end && withoutBlanks(header, start, equals) === name) {
      if (found !== undefined) return new Refusal('HDR_DUPLICATE')
      found = withoutBlanks(header, equals + 1, end)
    }
    start = end + 1
  }
  return found
}

/**
 * Of blank and tab alone (RFC 6265 section 5.2). Any other white space belongs to the name: browsers let a sibling domain set
 * a cookie that begins with one before `__Host-`, for to them it is another name.
 */
function withoutBlanks(header: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(header, start)) start += 1
  while (start < end && isBlank(header, end - 1)) end -= 1
  return header.slice(start, end)
}

function isBlank(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t'
}
