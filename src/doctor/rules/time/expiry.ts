import { certain, found } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { ago, span } from '../../words.ts'
import { TEN_YEARS } from './points.ts'

const REFRESH =
  'Refresh: use the refresh token to get a new access token and repeat the request, or sign in again (log in again).'

const LENIENT = /microsoft|dotnet|\.net|jwtbearer|identitymodel|aspnet/i

export const skewHides: Rule = ({ token, now, config, skewSeconds, wasAccepted }) => {
  const exp = Number(token?.claims?.exp)
  const late = now - exp
  const library = config.verifier?.library ?? ''
  const isDefault =
    config.skew_s === undefined &&
    LENIENT.test(library) &&
    !Object.keys(config.verifier?.options ?? {}).some((name) => /skew/i.test(name))
  const given = Object.entries(config.verifier?.options ?? {}).find(
    ([name, value]) => /skew|leeway|tolerance/i.test(name) && Number(value) > 60,
  )
  const tolerance = Math.max(skewSeconds, isDefault ? 300 : 0, Number(given?.[1] ?? 0))
  const passes = late > 0 && late < Math.max(tolerance, wasAccepted ? 600 : 0)
  if (tolerance <= 60 && !(passes && wasAccepted)) return undefined
  if (token !== undefined && !passes) return undefined
  return found('SKEW_HIDES_EXPIRY', tolerance > 60, {
    evidence: [
      `${token === undefined ? '' : `The token expired ${span(late)} ago and ${wasAccepted ? 'was accepted' : 'still passes'}: `}the verifier allows a clock skew (tolerance) of ${tolerance > 60 ? `${span(tolerance)}${isDefault ? `, the default of ${library} (5 minutes)` : ''}` : 'more than it should'}.`,
    ],
    settledBy: ['the tolerance (skew, leeway) that the verifier is set to'],
    fix: [
      'Set the tolerance to a few seconds (0 to 30, at most 60) and synchronise the clocks by NTP: in .NET `ClockSkew = TimeSpan.FromSeconds(5)`, elsewhere `clockTolerance: 5` (reduce the skew).',
    ],
    explains: ['TOKEN_EXPIRED', 'NOT_REVOKED'],
  })
}

export const expired: Rule = ({ token, now, skewSeconds, evidence, config }) => {
  const { exp, iat } = token?.claims ?? {}
  if (typeof exp !== 'number' || now < exp + skewSeconds || exp < TEN_YEARS) return undefined
  const life = typeof iat === 'number' ? exp - iat : undefined
  const looked = evidence.clocks !== undefined
  return certain('TOKEN_EXPIRED', {
    evidence: [
      `The token expired ${ago(exp, now)}${life === undefined ? '' : `; it was issued for ${span(life)}${typeof config.access_ttl_s === 'number' && config.access_ttl_s === life ? ', as configured' : ''}`}.${looked ? ' The clocks agree, so this is no fault of a clock.' : ''}`,
    ],
    fix: [REFRESH, 'Let the client do so by itself on `token_expired`, once for each request.'],
  })
}
