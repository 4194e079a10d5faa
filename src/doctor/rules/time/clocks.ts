import { ORDINARY_SECONDS, readClocks } from '../../clock-facts.ts'
import type { EventLine } from '../../evidence.ts'
import { certain, type Finding, found, probable } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { moment, span } from '../../words.ts'
import { YEAR_5138 } from './points.ts'

const SYNC =
  'Synchronise the clock of that server (host, node, machine) by NTP: `timedatectl set-ntp true`, chrony or systemd-timesyncd; virtual machines drift after they were suspended.'

export const clocks: Rule = (facts) => {
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
