/**
 * Where the metadata of the API lies that tokens are for (RFC 9728 section 3.1): at the root of the issuer's host, its
 * path behind it. Undefined where the audience is no URL, for then there is nothing that the document could describe.
 */
export function resourceMetadataAddress({
  issuer,
  audience,
}: {
  readonly issuer: string
  readonly audience: string
}): string | undefined {
  const protocol = URL.parse(audience)?.protocol
  if (protocol !== 'https:' && protocol !== 'http:') return undefined
  const { origin, pathname } = new URL(issuer)
  return `${origin}/.well-known/oauth-protected-resource${pathname.replace(/\/$/, '')}`
}
