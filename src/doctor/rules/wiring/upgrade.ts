import { found } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { ago, clipped } from '../../words.ts'

export const upgrade: Rule = ({ events, evidence, config, now }) => {
  const change = events.findLast(
    ({ type, from, to }) => /upgrad|dependency|release|deploy|library/.test(type ?? '') && (from ?? to),
  )
  const refused = events.filter(
    ({ outcome, type, time }) =>
      outcome === 'refused' && type === 'access.checked' && (change === undefined || time >= change.time),
  )
  const okBefore =
    change !== undefined &&
    events.some(
      ({ outcome, type, time }) => outcome === 'ok' && type === 'access.checked' && time < change.time,
    )
  const early =
    change !== undefined &&
    events.some(
      ({ outcome, type, time }) => outcome === 'refused' && type === 'access.checked' && time < change.time,
    )
  const okAfter =
    change !== undefined &&
    events.some(
      ({ outcome, type, time }) => outcome === 'ok' && type === 'access.checked' && time > change.time,
    )
  const isDependency = /upgrad|dependency|library/.test(change?.type ?? '')
  const nodes = evidence.nodes ?? []
  const versions = new Map(
    nodes.map(({ name, config: own }) => [name, `${own.verifier?.library} ${own.verifier?.version}`]),
  )
  const differ = new Set(nodes.flatMap(({ config: own }) => own.verifier?.version ?? [])).size > 1
  const refusedOn = new Set(events.filter(({ outcome }) => outcome === 'refused').map(({ node }) => node))
  const okOn = new Set(events.filter(({ outcome }) => outcome === 'ok').map(({ node }) => node))
  const onlyNew = differ && refusedOn.size > 0 && [...refusedOn].every((name) => !okOn.has(name))
  if (!(change !== undefined && isDependency && refused.length > 0 && !early) && !onlyNew) return undefined
  const what =
    change === undefined
      ? [...versions.values()].join(' against ')
      : `${clipped(change.detail ?? config.verifier?.library ?? 'a dependency')} from ${clipped(change.from ?? '?')} to ${clipped(change.to ?? '?')}`
  return found('UPGRADE_STRICTER', (okBefore && !okAfter) || onlyNew, {
    evidence: [
      `The refusals${refused[0]?.check ? ` (check \`${refused[0].check}\`${refused[0].detail ? `: ${clipped(refused[0].detail, 60)}` : ''})` : ''} began with an upgrade: ${what}${change === undefined ? '' : `, ${ago(change.time, now)}`}. The same tokens passed before: the new version checks more.`,
    ],
    settledBy: ['the change log of the new version, and the same token with the old one'],
    fix: [
      `Read the change log (release notes) of the new version, and correct the issuer so that its tokens meet the stricter check${refused[0]?.detail ? ` (${clipped(refused[0].detail, 60)})` : ''}; then issue new tokens.`,
      'Pin the former version for the time until then, if it has no known vulnerability.',
    ],
    explains: [
      'REQUIRED_CLAIM_NEW',
      'SUB_NOT_STRING',
      'ROLLOUT_MIXED',
      'SIG_WRONG_KEY',
      'AUD_NOT_CONFIGURED',
      'EXP_WRONG_TYPE',
    ],
  })
}
