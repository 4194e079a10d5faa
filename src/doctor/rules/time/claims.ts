import { certain, type Finding, found } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { clipped, moment, span } from '../../words.ts'
import { TEN_YEARS, YEAR_5138 } from './points.ts'

export const milliseconds: Rule = ({ token, wasAccepted }) => {
  const { exp, iat, nbf } = token?.claims ?? {}
  if (typeof exp !== 'number' || exp < YEAR_5138) {
    if (typeof iat !== 'number' || iat < YEAR_5138) return undefined
  }
  const names = [
    ['exp', exp],
    ['iat', iat],
    ['nbf', nbf],
  ]
    .filter(([, value]) => typeof value === 'number' && value >= YEAR_5138)
    .map(([name]) => name)
  return certain('EXP_IN_MILLISECONDS', {
    evidence: [
      `\`${names.join('`, `')}\` was written in milliseconds (Date.now() as it is): read as seconds, the token ends in about the year ${Math.round(1970 + Number(exp ?? iat) / 31_556_952)}. ${wasAccepted ? 'The service accepted it: it' : 'Verifiers accept such a token, and it'} practically never expires.`,
    ],
    fix: [
      'In the issuer divide by 1000 and round down: `Math.floor(Date.now() / 1000) + lifetime`; NumericDate is in seconds (convert milliseconds to seconds).',
      'Replace the tokens that are out: revoke them, or rotate the signing key so that all of them become invalid, and issue new ones.',
      'Let the verifier refuse tokens whose `exp - iat` is beyond the configured maximum.',
    ],
    explains: ['CLOCK_VERIFIER_BEHIND', 'TIMEZONE_OFFSET', 'NOT_REVOKED', 'SKEW_HIDES_EXPIRY'],
  })
}

export const relative: Rule = ({ token, now }) => {
  const { exp, iat } = token?.claims ?? {}
  if (typeof exp !== 'number' || exp >= TEN_YEARS || exp < 0 || now < TEN_YEARS * 2) return undefined
  return certain('EXP_RELATIVE', {
    evidence: [
      `\`exp\` is ${exp}: a duration (relative lifetime) in place of a point in time. Read as seconds since 1970 it is ${moment(exp)}, so the token is expired from birth.`,
    ],
    fix: [
      `In the issuer write the current time plus the lifetime: \`exp: Math.floor(Date.now() / 1000) + ${exp}\` (seconds since 1970, absolute)${typeof iat === 'number' ? ', that is `iat` + lifetime' : ''}.`,
    ],
    explains: ['TOKEN_EXPIRED', 'EXPIRES_IN_STRING_MS', 'LIFETIME_TOO_SHORT', 'CLOCK_VERIFIER_AHEAD'],
  })
}

export const wrongTypes: Rule = ({ token }) => {
  const claims = token?.claims
  if (claims === undefined) return undefined
  const findings: Finding[] = []
  const odd = (['exp', 'nbf', 'iat'] as const).find(
    (name) => claims[name] !== undefined && claims[name] !== null && typeof claims[name] !== 'number',
  )
  if (odd !== undefined) {
    findings.push(
      certain('EXP_WRONG_TYPE', {
        evidence: [
          `\`${odd}\` is a ${Array.isArray(claims[odd]) ? 'list' : typeof claims[odd]}${typeof claims[odd] === 'string' ? ` (the text "${clipped(claims[odd], 40)}")` : ''}, not a number: it must be a JSON number of seconds (NumericDate, RFC 7519 section 2). Verifiers refuse it, or take the token for one that never ends.`,
        ],
        fix: [
          `Have the issuer write \`${odd}\` as a number (integer of seconds since 1970, without quotes): \`Number(…)\`, \`Math.floor(date.getTime() / 1000)\`, not a string.`,
        ],
        explains: ['TOKEN_EXPIRED', 'EXP_MISSING', 'LIFETIME_TOO_SHORT'],
      }),
    )
  }
  const { sub } = claims
  if (sub !== undefined && typeof sub !== 'string') {
    findings.push(
      certain('SUB_NOT_STRING', {
        evidence: [
          `\`sub\` is a ${sub === null ? 'null' : typeof sub}${typeof sub === 'number' ? ` (${sub})` : ''}, and RFC 7519 section 4.1.2 demands a string: strict libraries (PyJWT from 2.10, jose) refuse it.`,
        ],
        fix: [
          'Have the issuer write the id as text: `sub: String(user.id)` (a string, in quotes), and compare it as text.',
        ],
        explains: ['USER_NOT_FOUND', 'UPGRADE_STRICTER', 'SUB_RENAMED'],
      }),
    )
  }
  return findings
}

export const missing: Rule = ({ token, wasAccepted, signature }) => {
  const claims = token?.claims
  if (claims === undefined || (claims.exp !== undefined && claims.exp !== null) || token?.parts.length !== 3)
    return undefined
  if (signature.kind === 'unsigned') return undefined
  return certain('EXP_MISSING', {
    evidence: [
      `The token has no \`exp\`: it never expires.${wasAccepted ? ' The service accepted it.' : ' Libraries accept that unless they are told to demand the claim; strict ones refuse it.'}`,
    ],
    fix: [
      'Set an expiry in the issuer: write `exp` (15 minutes is usual) into every token (`expiresIn: "15m"`, `setExpirationTime("15m")`).',
      'Require the claim `exp` in the verifier, and rotate the key or revoke what is out, since such tokens stay valid for ever.',
    ],
    explains: ['REQUIRED_CLAIM_NEW'],
  })
}

export const stringTtl: Rule = ({ token, config, code, hasConfig }) => {
  const ttl = config.access_ttl_s ?? config.verifier?.options?.expiresIn
  const written = /expiresIn['"]?\s*:\s*['"`](\d+)['"`]/.exec(code)?.[1]
  const digits = typeof ttl === 'string' && /^\d+$/.test(ttl.trim()) ? ttl.trim() : written
  if (digits === undefined) return undefined
  const { exp, iat } = token?.claims ?? {}
  const life = Number(exp) - Number(iat)
  const isShort = Number.isFinite(life) && Math.abs(life - Number(digits) / 1000) <= 1
  if (Number.isFinite(life) && !isShort) return undefined
  if (!hasConfig && written === undefined) return undefined
  return found('EXPIRES_IN_STRING_MS', isShort, {
    evidence: [
      `The lifetime is given as the text "${digits}", and ${isShort ? `the token lives ${span(life)}` : 'jsonwebtoken reads a text without a unit as milliseconds'}: ${digits} was read as milliseconds, not as seconds.`,
    ],
    settledBy: ['a token that was issued with this setting: `exp` minus `iat`'],
    fix: [
      `Give a number of seconds (\`expiresIn: ${digits}\`, \`Number(process.env.…)\`, without quotes) or a text with a unit (\`"${digits}s"\`, \`"${unitOf(Number(digits))}"\`).`,
    ],
    explains: ['TOKEN_EXPIRED', 'LIFETIME_TOO_SHORT', 'CLOCK_VERIFIER_AHEAD', 'TIMEZONE_OFFSET'],
  })
}

function unitOf(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds} seconds`
}
