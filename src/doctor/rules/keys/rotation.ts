import type { EventLine } from '../../evidence.ts'
import { found } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { ago } from '../../words.ts'

/** The last change of keys or secrets that was recorded, and how a token lies to it. */
export function keyChange(events: readonly EventLine[]): EventLine | undefined {
  return events.findLast(({ type }) =>
    /^(?:key|secret|signing_key|jwt_secret|keys)\.(?:rotated|replaced|changed|retired|revoked|removed|withdrawn|gone)|config\.(?:changed|reloaded)/.test(
      type ?? '',
    ),
  )
}

export const rotatedHard: Rule = (facts) => {
  const { token, evidence, now, events, signature } = facts
  const kid = token?.header?.kid
  const iat = Number(token?.claims?.iat)
  const exp = Number(token?.claims?.exp)
  const row = evidence.store?.keys?.find((key) => key.kid === kid)
  const change = keyChange(events)
  const refusals = events.filter(
    ({ outcome, check }) => outcome === 'refused' && /signature|key|kid/.test(check ?? ''),
  )
  const passes = events.filter(
    ({ outcome, type, iat: issued }) => outcome === 'ok' && type === 'access.checked' && issued !== undefined,
  )
  const split =
    change !== undefined &&
    refusals.length > 0 &&
    refusals.every(
      (event) => event.time >= change.time && (event.iat === undefined || event.iat < change.time),
    ) &&
    refusals.some((event) => event.iat !== undefined) &&
    passes.every((event) => (event.iat ?? 0) >= change.time || event.time < change.time)
  const goneEarly = row?.phase === 'gone' && !(exp <= now)
  const byToken =
    change !== undefined &&
    iat < change.time &&
    !(exp <= now) &&
    (signature.kind === 'wrong' || (signature.kind === 'not_checked' && refusals.length > 0))
  if (!goneEarly && !split && !byToken) return undefined
  const when = change?.time ?? row?.since
  // A configuration holds much besides the key.
  const isOfKey =
    change !== undefined &&
    (!change.type?.startsWith('config.') ||
      (change.from ?? change.to) !== undefined ||
      /key|secret/i.test(change.detail ?? ''))
  return found('KEY_ROTATED_HARD', goneEarly || split || isOfKey, {
    evidence: [
      `The key that signed it was replaced${when === undefined ? '' : ` ${ago(when, now)}`} with no overlap: tokens issued before are still unexpired, and the verifier has only the new key (the old one is gone). ${split ? `${refusals.length} refusals, all of tokens from before the change.` : ''}`.trim(),
    ],
    settledBy: [
      'whether that change was of the key or secret, and whether the token verifies with the former one',
    ],
    fix: [
      'Rotate with an overlap: accept the old (previous) key beside the new one until the last token it signed has expired; sign with the new one only (`JWT_SECRET=new,old`, or keep the old public key in the key set).',
      'Put the old key back for verifying until then, unless it was replaced because it leaked; in that case people sign in again or refresh.',
    ],
    explains: ['SIG_WRONG_KEY', 'KID_UNKNOWN', 'ROLLOUT_MIXED', 'CONFIG_NOT_RELOADED'],
  })
}
