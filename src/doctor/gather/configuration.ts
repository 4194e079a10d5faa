import type { Note } from '../note.ts'

/** What of a configuration is looked at. */
export interface LookedAtSettings {
  readonly issuer: string
  readonly trustedProxies: number | readonly string[]
  readonly corsOrigins: readonly string[]
  readonly docs: string
  readonly metrics: string
  readonly rateLimits: string
  readonly staleness: string
  readonly passwordGrant: string
  readonly accessTokenExpireMinutes: number
  readonly jwtAlgorithm: string
  readonly jwtSecret: readonly unknown[] | undefined
}

/** What a configuration that starts can still bring upon people. What cannot start is refused by the start itself. */
export function reviewConfiguration(settings: LookedAtSettings, mode: string): readonly Note[] {
  const notes: Note[] = []
  const production = mode === 'production'
  const https = settings.issuer.startsWith('https:')
  if (https && settings.trustedProxies === 0) {
    notes.push({
      kind: 'note',
      cause: 'RATE_LIMIT_SHARED_IP',
      what: 'The issuer is https and no proxy is trusted (TRUSTED_PROXIES is 0).',
      fix: 'Right if this process ends TLS itself. Behind a proxy set TRUSTED_PROXIES to the number of hops: else all people share one address and one limit.',
    })
  }
  if (production && settings.docs === 'open')
    notes.push({
      kind: 'risk',
      what: '/docs and /openapi.json are open to the world.',
      fix: 'Set DOCS=closed, unless the API is meant to be public.',
    })
  if (production && settings.metrics === 'open')
    notes.push({
      kind: 'risk',
      what: '/metrics is open to the world.',
      fix: 'Set METRICS=closed; a scraper that has the scope admin:events still reads it.',
    })
  if (settings.rateLimits === 'off')
    notes.push({
      kind: 'risk',
      cause: 'RATE_LIMIT_SPOOFABLE',
      what: 'Requests are not limited here (RATE_LIMITS=off).',
      fix: 'Right only if a gateway in front does it, by an address that clients cannot write.',
    })
  if (settings.staleness === 'relaxed')
    notes.push({
      kind: 'risk',
      cause: 'NOT_REVOKED',
      what: 'STALENESS=relaxed: while the database is away, revoked tokens pass until they expire.',
      fix: 'Set STALENESS=strict, which answers 503 for that time.',
    })
  if (settings.passwordGrant === 'on')
    notes.push({
      kind: 'note',
      what: 'The password grant is on, for the built-in first-party client.',
      fix: 'RFC 9700 section 2.4 advises against it: where a page or app of yours signs people in, authorization code with PKCE is the better way.',
    })
  if (settings.accessTokenExpireMinutes > 15)
    notes.push({
      kind: 'note',
      what: `Access tokens live ${settings.accessTokenExpireMinutes} minutes.`,
      fix: 'Revocation ends them earlier where it is checked; verifiers without the feed accept them to the end. 15 minutes is usual.',
    })
  if (settings.jwtAlgorithm === 'HS256')
    notes.push({
      kind: 'note',
      cause: 'KEY_ROTATED_HARD',
      what: 'HS256: whoever can check tokens can also make them.',
      fix: 'ES256 (the default) lets other services check without being able to sign. Replace a secret by `JWT_SECRET=new,old`, never in one step.',
    })
  if (settings.corsOrigins.some((origin) => origin.startsWith('http:') && !/localhost|127\./.test(origin)))
    notes.push({
      kind: 'risk',
      cause: 'CORS_CREDENTIALS',
      what: 'CORS_ORIGINS names an origin without TLS.',
      fix: 'Whoever is on the way can act as that page: serve it by https.',
    })
  return notes
}
