import type { Auth } from '../auth.ts'
import type { Gated } from '../guard/gate.ts'

/** What is embedded: an issuer with endpoints of its own, or a verifier, which has none. */
export type Embedded = Gated | (Gated & Pick<Auth, 'issuer' | 'fetch' | 'reply' | 'handles'>)

/** The path inside of the issuer that a path of the application stands for; undefined if it is not the issuer's. */
export type FindIssuerPath = (path: string) => string | undefined

const WELL_KNOWN = '/.well-known/'

/** Metadata lies at the root of the host, the issuer's own path behind it (RFC 8414 section 3, RFC 9728 section 3). */
const ROOT_DOCUMENT =
  /^(\/\.well-known\/(?:oauth-authorization-server|openid-configuration|oauth-protected-resource))(\/.*)?$/

export function isIssuer(
  embedded: Embedded,
): embedded is Gated & Pick<Auth, 'issuer' | 'fetch' | 'reply' | 'handles'> {
  return 'fetch' in embedded
}

/**
 * Where the issuer's endpoints are. By default below the path that the configured issuer has, so that what its metadata
 * says is true; `at` is for a proxy that takes a prefix away or adds one.
 */
export function findIssuerPaths(embedded: Embedded, at?: string): FindIssuerPath {
  if (!isIssuer(embedded)) return () => undefined
  const { issuer, handles } = embedded
  const own = new URL(issuer).pathname.replace(/\/$/, '')
  const mount = readMount(at ?? own)
  return (path) => {
    if (path.startsWith(WELL_KNOWN)) {
      const [, document, behind = ''] = ROOT_DOCUMENT.exec(path) ?? []
      if (document !== undefined && behind === own && handles(document)) return document
    }
    if (!path.startsWith(`${mount}/`)) return undefined
    const inner = path.slice(mount.length)
    return handles(inner) ? inner : undefined
  }
}

function readMount(at: string): string {
  if (at !== '' && !/^(\/[\w.~-]+)+\/?$/.test(at) && at !== '/') {
    throw new TypeError(`at: ${JSON.stringify(at)} is not a path such as /auth`)
  }
  return at.replace(/\/$/, '')
}
