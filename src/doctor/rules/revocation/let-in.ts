import type { EventLine } from '../../evidence.ts'
import { certain, found } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { ago } from '../../words.ts'
import { counterOf, denied, inWords } from './ended.ts'

const ENDING =
  /logged_out|signed_out|logout|session\.ended|password_changed|password_reset|user\.(?:deleted|disabled)|revoked/

/** A sign-out on one device leaves the others alone, where the event says which one it was. */
function isOneSession({ type, session }: EventLine): boolean {
  return session !== undefined && /logged_out|signed_out|logout|session\./.test(type ?? '')
}

/** Whether a line shows that a token from before an ending passed after it. */
function passedAfter({ type, outcome, time, user, session, iat }: EventLine, ending: EventLine): boolean {
  const isSame = isOneSession(ending)
    ? session === undefined
      ? user !== undefined && user === ending.user && iat !== undefined
      : session === ending.session
    : user !== undefined && user === ending.user
  return (
    type === 'access.checked' &&
    outcome === 'ok' &&
    time > ending.time + 5 &&
    isSame &&
    (iat === undefined || iat < ending.time)
  )
}

/** Accepted, although something says that it had ended. */
export const notRevoked: Rule = (facts) => {
  const { token, events, now, user, session, wasAccepted, evidence } = facts
  const endings = events.filter(({ type }) => ENDING.test(type ?? ''))
  const passed = endings.flatMap((ending) => {
    const line = events.find((one) => passedAfter(one, ending))
    return line === undefined ? [] : [[ending, line] as const]
  })
  const [one] = passed
  const after = one?.[1]
  const ended =
    one?.[0] ??
    endings.find((ending) =>
      isOneSession(ending)
        ? ending.session === token?.claims?.sid
        : ending.user === undefined || ending.user === token?.claims?.sub,
    )
  const hit = denied(facts)
  const counter = counterOf(facts)
  const stale = counter !== undefined && user?.ver !== undefined && user.ver > counter
  const gone =
    evidence.store?.users !== undefined && user === undefined && typeof token?.claims?.sub === 'string'
  const over = session?.ended_at !== undefined && session.ended_at !== null
  const iat = Number(token?.claims?.iat ?? 0)
  const byEvent = ended !== undefined && ended.time > iat
  const why = hit
    ? 'it stands on the deny list'
    : over
      ? 'its session has ended'
      : stale
        ? 'the counter of the user is higher'
        : user?.disabled
          ? 'the account is disabled'
          : gone
            ? 'the account was deleted'
            : byEvent && ended
              ? inWords(ended, now)
              : undefined
  const isTextual = /token_text|token_sha256/.test(facts.config.revocation?.lookup ?? '')
  if (wasAccepted && isTextual && (hit === undefined || hit.by === 'jti')) return undefined
  if (after === undefined && !(wasAccepted && why !== undefined)) return undefined
  return certain('NOT_REVOKED', {
    evidence: [
      after !== undefined && ended !== undefined
        ? `After ${inWords(ended, now)} a token from before was still accepted, ${ago(after.time, now)}: sign-out, password change or deletion leaves access tokens alive.`
        : `The token was accepted although ${why}: revocation is not checked, or leaves tokens alive.`,
    ],
    fix: [
      'Check revocation on every request: keep a deny list of `jti` or session ids until the tokens expire, or compare a version counter of the user (`ver`) that each sign-out, password change and deletion raises (revoke, invalidate).',
      'Keep access tokens short (15 minutes), and end the sessions of this account now: `countersign sessions end-all <login>`.',
    ],
    explains: ['TOKEN_REVOKED', 'TOKEN_VERSION_STALE', 'USER_NOT_FOUND', 'USER_DISABLED'],
  })
}

export const byString: Rule = (facts) => {
  const { config, wasAccepted, evidence, token, events } = facts
  const lookup = config.revocation?.lookup ?? ''
  if (!/token|text|string|sha|hash/i.test(lookup)) return undefined
  const rows = evidence.store?.deny_list ?? []
  const listed = denied(facts)
  const odd =
    token !== undefined &&
    token.given !== token.parts.map((part) => Buffer.from(part, 'base64url').toString('base64url')).join('.')
  const accepted =
    wasAccepted || events.some(({ outcome, type }) => outcome === 'ok' && type === 'access.checked')
  const slipped = accepted && rows.length > 0 && (listed === undefined || odd)
  return found('DENYLIST_BY_STRING', slipped || odd, {
    evidence: [
      `The deny list is keyed by the text of the token (\`${lookup}\`), and one token can be written in several ways (padding, stray bits, another but equal signature): ${slipped ? 'the token was revoked, and another spelling of it was accepted' : 'another spelling of a revoked token is not found'}.`,
    ],
    settledBy: ['whether the verifier refuses any spelling but the canonical one'],
    fix: [
      'Look revocations up by the `jti` (or session id `sid`) of the verified token, not by its text or a hash of it; change the key of the list, and of every cache of verdicts.',
      'Refuse tokens that are not in canonical form (strict base64url).',
    ],
    explains: ['TOKEN_NONCANONICAL', 'NOT_REVOKED', 'TOKEN_REVOKED'],
  })
}
