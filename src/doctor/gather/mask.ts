import type { Exchange, Header } from '../evidence.ts'

/** Stands for what is not known. No rule takes it for a token, nor for the want of one. */
export const UNKNOWN = '…'

/** What logs and careful people write in the place of a credential. */
const MASK = /^(?:[*x•.…]{3,}|…|[<[({]*(?:redacted|masked|filtered|hidden|removed|secret|censored)[>\])}]*)$/i
/** The ends of one, shortened by whoever shows it; no token has three dots in a row. */
const CUT = /\.{3}|…|\*{3,}/

/** A call whose masked credentials are known to have been there, and not what they were. */
export function unmasked(exchange: Exchange): Exchange {
  const { as_sent, as_received } = exchange
  return {
    ...exchange,
    ...(as_sent !== undefined && { as_sent: { ...as_sent, headers: as_sent.headers.map(withoutMask) } }),
    ...(as_received !== undefined && {
      as_received: { ...as_received, headers: as_received.headers.map(withoutMask) },
    }),
  }
}

function withoutMask([name, value]: Header): Header {
  if (!/^(?:proxy-)?authorization$/i.test(name)) return [name, value]
  const [, scheme = '', credential = ''] = /^(\s*(?:\w+:?\s+)*)(.*)$/s.exec(value) ?? []
  const isMasked = MASK.test(credential.trim()) || CUT.test(credential)
  return isMasked ? [name, `${scheme}${UNKNOWN}`] : [name, value]
}
