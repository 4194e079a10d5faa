import { Refusal } from '../../errors/refusal.ts'

/** The value of one cookie in a Cookie header (RFC 6265 section 4.2.1); refused where it stands there twice. */
export function readCookie(header: string | undefined, name: string): string | Refusal | undefined {
  if (header === undefined || !header.includes(name)) return undefined
  let found: string | undefined
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue
    if (found !== undefined) return new Refusal('HDR_DUPLICATE')
    found = pair.slice(equals + 1).trim()
  }
  return found
}
