/** What a Basic header says: two texts as they were sent, not form-decoded (RFC 7617 section 2). */
export interface BasicPair {
  readonly name: string
  readonly secret: string
}

const HEADER = /^basic +([A-Za-z0-9+/]+={0,2})$/i
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Whether an Authorization value is of the Basic scheme, readable or not. */
export function isBasicHeader(value: string | undefined): value is string {
  return value !== undefined && /^basic( |$)/i.test(value)
}

/** The pair in a Basic header; undefined for what is no base64, no UTF-8, or has no colon. Proves nothing. */
export function readBasicHeader(value: string): BasicPair | undefined {
  const encoded = HEADER.exec(value)?.[1]
  const text = encoded === undefined ? undefined : decodeUtf8(Buffer.from(encoded, 'base64'))
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon === -1) return undefined
  return { name: text.slice(0, colon), secret: text.slice(colon + 1) }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF_8.decode(bytes)
  } catch {
    return undefined
  }
}
