import { printable } from '../base/printable.ts'
import { isThisMachine } from '../base/this-machine.ts'
import { AuthError } from '../errors/auth-error.ts'
import { type DocumentReader, fetchDocument, isSafeAddress } from './issuer-document.ts'

const LONGEST_QUOTE = 200

/**
 * Finds the address of an issuer's key set in its metadata: RFC 8414 first, then OpenID Connect Discovery. A document
 * counts only if it names the very issuer it was asked for, byte for byte (RFC 8414 section 3.3): else one issuer could
 * pass its keys off as another's. Throws AuthError `JWKS_UNREACHABLE`, which says what was wrong with each.
 */
export async function discoverKeySet(issuer: string, reader: DocumentReader): Promise<string> {
  const problems: string[] = []
  for (const address of metadataAddresses(issuer)) {
    try {
      const { content } = await fetchDocument(address, reader)
      if (content.issuer !== issuer) problems.push(`${address}: ${strangerNamed(content.issuer)}`)
      else if (isKeySetAddress(content.jwks_uri, issuer)) return content.jwks_uri
      else problems.push(`${address}: its jwks_uri is missing or not safe`)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      problems.push(`${address}: ${error.refusal.details.why}`)
    }
  }
  throw new AuthError('JWKS_UNREACHABLE', { details: { issuer, why: problems.join('; ') } })
}

/** Where an issuer's metadata lies: RFC 8414 puts the path behind the well-known name, OpenID Connect before it. */
export function metadataAddresses(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.endsWith('/') ? pathname.slice(0, -1) : pathname
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ]
}

/** For whoever has mistyped an address, or a port of it, what it should have been. */
function strangerNamed(issuer: unknown): string {
  const name = typeof issuer === 'string' ? `, ${printable(issuer.slice(0, LONGEST_QUOTE))}` : ''
  return `it is the document of another issuer${name}`
}

/** A public issuer must not send us to services of our own machine. */
function isKeySetAddress(address: unknown, issuer: string): address is string {
  if (typeof address !== 'string' || !isSafeAddress(address)) return false
  return !isThisMachine(new URL(address).hostname) || isThisMachine(new URL(issuer).hostname)
}
