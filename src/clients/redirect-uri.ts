const LONGEST = 2000
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])
/** A scheme of an app's own is a domain of its maker turned round (RFC 8252 section 7.1), so it has a dot. */
const PRIVATE_SCHEME = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/

/**
 * What keeps an address from being registered as a redirect URI, or undefined: https anywhere, http on this machine
 * only, or a private scheme with a dot (RFC 9700 section 2.1, RFC 8252 sections 7 and 8). No wildcard, no fragment, no
 * user name, and spelt as browsers spell it, for it is compared as a text.
 */
export function faultOfRedirectUri(text: string): string | undefined {
  if (text.length > LONGEST) return `At most ${LONGEST} characters.`
  if (!/^[\x21-\x7e]+$/.test(text) || text.includes('\\'))
    return 'Only ASCII, without spaces and backslashes.'
  if (text.includes('#')) return 'Must not have a fragment.'
  if (text.includes('*')) return 'Must be one exact address, without a wildcard.'
  const url = URL.parse(text)
  if (url === null) return 'Must be an absolute address.'
  if (url.username !== '' || url.password !== '') return 'Must not name a user.'
  const fault = faultOfScheme(url)
  if (fault !== undefined) return fault
  return url.href === text
    ? undefined
    : 'Must be spelt as a browser spells it: compare the path, the port and the case.'
}

function faultOfScheme({ protocol, hostname }: URL): string | undefined {
  if (protocol === 'https:') return undefined
  if (protocol === 'http:')
    return LOOPBACK.has(hostname) ? undefined : 'Must be https: http is for this machine only.'
  return PRIVATE_SCHEME.test(protocol)
    ? undefined
    : 'A scheme of your own must have a dot, such as com.example.app:/callback.'
}

/**
 * Whether a redirect URI of a request is one that the client is registered for: the same text, or on a loopback address
 * the same but for the port, for an app takes whichever is free (RFC 8252 section 7.3). `localhost` is a name and no
 * address, so its port counts.
 */
export function isRegisteredRedirectUri(requested: string, registered: readonly string[]): boolean {
  if (registered.includes(requested)) return true
  const anyPort = withoutPort(requested)
  return anyPort !== undefined && registered.some((uri) => withoutPort(uri) === anyPort)
}

const LOOPBACK_PORT = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::([1-9]\d{0,4}))?(\/[\x21-\x5b\x5d-\x7e]*)$/

/** Undefined for what is not on a loopback address, or not spelt as browsers spell it. */
function withoutPort(uri: string): string | undefined {
  const [, host, , rest] = LOOPBACK_PORT.exec(uri) ?? []
  return host === undefined || URL.parse(uri)?.href !== uri ? undefined : `${host}${rest}`
}

/**
 * Whether another program may be what waits at the address: any on this machine can take a port or a private scheme. A
 * web server of a name cannot be taken so (RFC 8252 section 8.6).
 */
export function canBeImpersonated(redirectUri: string): boolean {
  return !redirectUri.startsWith('https:')
}
