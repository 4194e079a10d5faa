import { type ClockFacts, ORDINARY_SECONDS, readClocks } from '../clock-facts.ts'
import type { EventLine } from '../evidence.ts'
import type { Facts } from '../facts.ts'
import { certain, type Finding, found, probable } from '../finding.ts'
import { fieldsOf, header } from '../http-facts.ts'
import type { Rule } from '../rule.ts'
import { ago, clipped, moment, span } from '../words.ts'

const SYNC =
  'Synchronise the clock of that server (host, node, machine) by NTP: `timedatectl set-ntp true`, chrony or systemd-timesyncd; virtual machines drift after they were suspended.'

const REFRESH =
  'Refresh: use the refresh token to get a new access token and repeat the request, or sign in again (log in again).'

const YEAR_5138 = 1e11
const TEN_YEARS = 315_360_000

const milliseconds: Rule = ({ token, wasAccepted }) => {
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

const relative: Rule = ({ token, now }) => {
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

const wrongTypes: Rule = ({ token }) => {
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

const missing: Rule = ({ token, wasAccepted, signature }) => {
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

const stringTtl: Rule = ({ token, config, code, hasConfig }) => {
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

/** When the token was really issued, where something else than the token tells it. */
function issueTime({ events, token, exchanges }: Facts, clocks: ClockFacts, now: number): number | undefined {
  const { jti, sid } = token?.claims ?? {}
  const event = events.find(
    ({ type, outcome, jti: id, session }) =>
      outcome === 'ok' &&
      /issued|signed_in|logged_in|refreshed|started|login/.test(type ?? '') &&
      ((id !== undefined && id === jti) || (session !== undefined && session === sid)),
  )
  if (event !== undefined) return event.time
  for (const { response } of exchanges) {
    const body = fieldsOf(response)
    const date = Date.parse(header(response, 'date') ?? '') / 1000
    if (token !== undefined && body.get('access_token') === token.text && !Number.isNaN(date)) return date
  }
  return clocks.issuerAtIssue === undefined ? undefined : now + clocks.issuerAtIssue
}

const zone: Rule = (facts) => {
  const { token, now, skewSeconds } = facts
  const { exp, iat } = token?.claims ?? {}
  if (typeof iat !== 'number' && typeof exp !== 'number') return undefined
  const clocks = readClocks(facts)
  const issued = issueTime(facts, clocks, now)
  const start =
    typeof iat === 'number'
      ? iat
      : Number(exp) - (typeof facts.config.access_ttl_s === 'number' ? facts.config.access_ttl_s : 900)
  const life = typeof iat === 'number' && typeof exp === 'number' ? exp - iat : undefined
  const ttl = typeof facts.config.access_ttl_s === 'number' ? facts.config.access_ttl_s : undefined
  const shift = issued === undefined ? undefined : hoursOff(start - issued)
  // iat right, exp shifted: the end alone went through local time.
  const lifeShift = life !== undefined && ttl !== undefined ? hoursOff(life - ttl) : undefined
  const future = start - now > Math.max(skewSeconds, 60) ? hoursOff(start - now, 300) : undefined
  const seconds = shift ?? lifeShift ?? future
  if (seconds === undefined || typeof exp !== 'number' || exp > YEAR_5138 || exp < TEN_YEARS) return undefined
  const proven = shift !== undefined || lifeShift !== undefined
  const hours = seconds / 3600
  return found('TIMEZONE_OFFSET', proven, {
    evidence: [
      `The times of the token are off by ${hours > 0 ? '+' : ''}${hours} ${Math.abs(hours) === 1 ? 'hour' : 'hours'} (${span(seconds)}): a whole offset of a time zone, not a clock that drifted. Local time was written as if it were UTC, so tokens end ${hours < 0 ? 'early' : 'late'}.`,
    ],
    settledBy: ['the clock of the issuer at the moment of issue (UTC), against `iat`'],
    fix: [
      'In the issuer take the time in UTC: seconds since 1970 from the system clock (`Math.floor(Date.now() / 1000)`; Python `datetime.now(timezone.utc)`, never the naive `utcnow()` or `now()` without a zone; Java `Instant.now()`).',
      'Then issue new tokens.',
    ],
    explains: [
      'TOKEN_EXPIRED',
      'CLOCK_VERIFIER_BEHIND',
      'CLOCK_VERIFIER_AHEAD',
      'LIFETIME_TOO_SHORT',
      'SKEW_HIDES_EXPIRY',
    ],
  })
}

/** The difference if it is a whole number of half hours, at least one hour and at most 14. */
function hoursOff(seconds: number, tolerance = 60): number | undefined {
  const halves = Math.round(seconds / 1800)
  const isWhole = Math.abs(seconds - halves * 1800) <= tolerance
  return isWhole && Math.abs(halves) >= 2 && Math.abs(halves) <= 28 ? halves * 1800 : undefined
}

const clocks: Rule = (facts) => {
  const { token, now, skewSeconds, events, evidence } = facts
  const read = readClocks(facts)
  const { exp, iat, nbf = iat } = token?.claims ?? {}
  const findings: Finding[] = []
  const bound = Math.max(skewSeconds, ORDINARY_SECONDS)
  const serverOff = read.server ?? 0
  const startsAt = Math.max(Number(iat ?? 0), Number(nbf ?? 0))
  const noToken = typeof exp !== 'number'
  if (
    read.server !== undefined &&
    serverOff > bound &&
    (noToken || (now < exp + skewSeconds && now + serverOff >= exp + skewSeconds))
  ) {
    findings.push(ahead('The server (verifier)', serverOff, `by ${read.serverFrom}`, exp))
  } else if (
    read.server !== undefined &&
    serverOff < -bound &&
    (noToken || (startsAt > now + serverOff + skewSeconds && startsAt <= now + bound))
  ) {
    findings.push(behind('The server (verifier)', serverOff, `by ${read.serverFrom}`, startsAt || undefined))
  } else if (typeof exp === 'number' && startsAt > now + bound && startsAt < YEAR_5138 && exp < YEAR_5138) {
    const issuerAhead = (read.issuer ?? read.issuerAtIssue ?? 0) > bound
    findings.push(
      probable('CLOCK_VERIFIER_BEHIND', {
        evidence: [
          `The token starts ${span(startsAt - now)} in the future (\`${Number(nbf) > Number(iat) ? 'nbf' : 'iat'}\` ${moment(startsAt)}): the clock of the verifier is behind, or that of the issuer is ahead${issuerAhead ? `; the issuer reads ${span(read.issuer ?? read.issuerAtIssue ?? 0)} ahead` : ''}.`,
        ],
        settledBy: [
          'the clocks of issuer and verifier against a reference: `date -u` on both, `chronyc tracking`',
        ],
        fix: [SYNC, 'Do so on the issuer as well.'],
      }),
    )
  }
  for (const node of evidence.nodes ?? []) {
    const off = node.clock_offset_s ?? 0
    const tolerance = Math.max(node.config.skew_s ?? skewSeconds, ORDINARY_SECONDS)
    if (Math.abs(off) <= tolerance) continue
    const refused = events.filter(({ outcome, node: name }) => outcome === 'refused' && name === node.name)
    const early = refused.some(({ check, code }) => /exp/.test(`${check} ${code}`))
    findings.push(
      off > 0
        ? ahead(
            `Node ${node.name}`,
            off,
            early ? 'and refuses tokens as expired that other nodes accept' : 'against true time',
            undefined,
          )
        : behind(`Node ${node.name}`, off, 'against true time', undefined),
    )
  }
  if (evidence.nodes === undefined && read.server === undefined) findings.push(...byEvents(events))
  const clientOff = read.client ?? 0
  if (
    read.client !== undefined &&
    Math.abs(clientOff) > Math.max(bound, 30) &&
    Math.abs(serverOff) <= bound
  ) {
    const judged =
      /Date\.now|new Date|isExpired|\.exp\b|expiresAt|jwt.?decode/i.test(facts.code) ||
      noToken ||
      token !== undefined
    findings.push(
      found('CLOCK_CLIENT', judged, {
        evidence: [
          `The clock of the client (device) is ${span(clientOff)} ${clientOff > 0 ? 'ahead' : 'behind'}, while that of the server is right: the client judges the expiry of the token by its own wrong clock${clientOff > 0 ? ' and takes a good token for expired' : ' and goes on sending a token that has expired'}.`,
        ],
        settledBy: ['whether the client compares `exp` with the clock of the device'],
        fix: [
          'Do not compare `exp` with the device clock: count from the moment the answer arrived, with `expires_in` and a monotonic clock (`performance.now()`), or measure the difference to the server by its `Date` header.',
          'Or refresh when the server says `token_expired` (401), and not before. Setting the clock of the device right (automatic time) helps this one device only.',
        ],
        explains: ['TOKEN_EXPIRED', 'HDR_MISSING', 'REFRESH_LOOP'],
      }),
    )
  }
  return findings
}

function ahead(who: string, off: number, how: string, exp: unknown): Finding {
  return certain('CLOCK_VERIFIER_AHEAD', {
    evidence: [
      `${who} is ${span(off)} ahead of true time (${how})${typeof exp === 'number' ? `: by its clock the token has expired, in truth it is good until ${moment(exp)}` : ': tokens expire too early there'}.`,
    ],
    fix: [SYNC, 'Then repeat the request: nothing is wrong with the token.'],
    explains: ['TOKEN_EXPIRED', 'LIFETIME_TOO_SHORT'],
  })
}

function behind(who: string, off: number, how: string, start: number | undefined): Finding {
  return certain('CLOCK_VERIFIER_BEHIND', {
    evidence: [
      `${who} is ${span(off)} behind true time (${how})${start === undefined ? '' : `: by its clock the token (\`iat\`/\`nbf\` ${moment(start)}) comes from the future`}: fresh tokens are not valid yet there, and expired ones last too long.`,
    ],
    fix: [SYNC, 'Then repeat the request: nothing is wrong with the token.'],
    explains: ['TIMEZONE_OFFSET'],
  })
}

/** One node that calls good tokens expired, or fresh ones early, while the others do not. */
function byEvents(events: readonly EventLine[]): Finding[] {
  const early = events.filter(
    ({ outcome, check, exp, time }) =>
      outcome === 'refused' &&
      /^(?:expiry|exp|expired)$/.test(check ?? '') &&
      exp !== undefined &&
      exp > time + ORDINARY_SECONDS,
  )
  const future = events.filter(
    ({ outcome, check }) => outcome === 'refused' && /^(?:start|nbf|iat|not_before)$/.test(check ?? ''),
  )
  const nodes = (list: readonly EventLine[]) => [...new Set(list.map(({ node }) => node).filter(Boolean))]
  const [one] = nodes(early)
  if (one !== undefined && nodes(early).length === 1) {
    const least = Math.max(...early.map(({ exp = 0, time }) => exp - time))
    return [
      ahead(
        `Node ${one}`,
        least,
        `at least: it refuses tokens as expired that have up to ${span(least)} left by the time of the events`,
        undefined,
      ),
    ]
  }
  const [late] = nodes(future)
  const others = events.some(({ outcome, node }) => outcome === 'ok' && node !== late)
  if (late === undefined || nodes(future).length !== 1 || !others) return []
  return [
    probable('CLOCK_VERIFIER_BEHIND', {
      evidence: [
        `Only node ${late} refuses tokens because they start in the future; the other nodes accept them: its clock is behind.`,
      ],
      settledBy: [`the clock of ${late} against a reference: \`date -u\`, \`chronyc tracking\``],
      fix: [SYNC],
    }),
  ]
}

const LENIENT = /microsoft|dotnet|\.net|jwtbearer|identitymodel|aspnet/i

const skewHides: Rule = ({ token, now, config, skewSeconds, wasAccepted }) => {
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

const expired: Rule = ({ token, now, skewSeconds, evidence, config }) => {
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

export const timeRules: readonly Rule[] = [
  milliseconds,
  relative,
  wrongTypes,
  missing,
  stringTtl,
  zone,
  clocks,
  skewHides,
]
export const expiryRules: readonly Rule[] = [expired]
