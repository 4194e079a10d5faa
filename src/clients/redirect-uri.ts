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
