import { type ClientCode, clientCodes } from '../errors/client-codes.ts'
import type { Refusal } from '../errors/refusal.ts'
import type { ReturnAddress } from './request.ts'

/** Codes that have another name in the answer of the authorization endpoint (RFC 6749 section 4.1.2.1). */
const NAMES: Readonly<Partial<Record<ClientCode, string>>> = {
  invalid_grant: 'access_denied',
  try_again: 'temporarily_unavailable',
  too_many_requests: 'temporarily_unavailable',
}

/** The address that takes a code to the client, with the issuer it is from (RFC 9207): C10. */
export function codeAddress(to: ReturnAddress, code: string, issuer: string): string {
  return addressWith(to, { code }, issuer)
}

/** The address that tells the client why there is no code. */
export function errorAddress(to: ReturnAddress, refusal: Refusal, issuer: string): string {
  const { clientCode, sentence } = refusal
  const error = NAMES[clientCode] ?? clientCode
  return addressWith(to, { error, error_description: sentence || clientCodes[clientCode].sentence }, issuer)
}

/** What was registered stays as it is, its query too (RFC 6749 section 4.1.2). */
function addressWith(
  { redirectUri, state }: ReturnAddress,
  answer: Readonly<Record<string, string>>,
  iss: string,
): string {
  const more = new URLSearchParams({ ...answer, ...(state !== undefined && { state }), iss })
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${more}`
}
