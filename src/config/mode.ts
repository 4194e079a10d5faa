import { isThisMachine } from '../base/this-machine.ts'

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

/** Whether a host never leaves the machine, as browsers see it: `app.localhost` is one too (RFC 6761 section 6.3). */
export function isLoopback(host: string): boolean {
  return isThisMachine(host) || host.toLowerCase().endsWith('.localhost')
}

/** The host of a URL, or the empty text where it is not one. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : ''
}
