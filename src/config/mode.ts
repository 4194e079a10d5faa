/** How strict a start is. Development is for one machine; everything else is production. */
export type Mode = 'development' | 'production'

/**
 * The mode that follows from where the service listens and what it calls itself: development only while both are
 * loopback and NODE_ENV is not `production`. There is no setting for it, so it cannot be set wrong.
 */
export function modeOf(host: string, issuer: string, nodeEnv: string | undefined): Mode {
  return whyProduction(host, issuer, nodeEnv) === undefined ? 'development' : 'production'
}

/** What makes a start one in production; undefined in development. */
export function whyProduction(host: string, issuer: string, nodeEnv: string | undefined): string | undefined {
  if (nodeEnv?.trim().toLowerCase() === 'production') return 'NODE_ENV is production'
  if (!isLoopback(host)) return `HOST is ${host}`
  return isLoopback(hostOf(issuer)) ? undefined : `the issuer is ${issuer}`
}

/** Whether a host name or address never leaves the machine (RFC 1122 section 3.2.1.3, RFC 4291, RFC 6761 section 6.3). */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    name === '[::1]' ||
    /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(name)
  )
}

/** The host of a URL, or the empty text where it is not one. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : ''
}
