import type { EventLine } from '../evidence.ts'
import type { Facts } from '../facts.ts'
import { certain, type Finding, found } from '../finding.ts'
import { cookiesOf, isRefused, requestOf, setCookiesOf, wordsOf } from '../http-facts.ts'
import type { Rule } from '../rule.ts'
import { ago, clipped } from '../words.ts'
import { counterOf, denied, inWords } from './revocation/ended.ts'
import { byString, notRevoked } from './revocation/let-in.ts'

const SIGN_IN =
  'Sign in again (log in again): a new sign-in gives a token that counts. In the client treat `token_invalid` as signed out.'

const VERSION_EVENT =
  /password|signed_out|sign_out|logged_out|logout|disabled|reset|role|epoch|factor|sessions?_ended|revoked/

/** What happened to the user that ended older tokens. */
function reasonOf({ events, token, now }: Facts): EventLine | undefined {
  const { sub, iat } = token?.claims ?? {}
  return events.findLast(
    ({ type, user, time }) =>
      VERSION_EVENT.test(type ?? '') &&
      (user === sub || user === undefined) &&
      time <= now + 1 &&
      (typeof iat !== 'number' || time >= iat - 1),
  )
}

const revoked: Rule = (facts) => {
  const { now, session, events, token } = facts
  const hit = denied(facts)
  const { jti, sid } = token?.claims ?? {}
  const event = events.findLast(
    ({ type, jti: id, session: which }) =>
      /logged_out|signed_out|logout|token\.revoked|session\.(?:ended|revoked)/.test(type ?? '') &&
      ((id !== undefined && id === jti) || (which !== undefined && which === sid)),
  )
  const endedAt = session?.ended_at ?? undefined
  if (hit === undefined && endedAt === undefined && event === undefined) return undefined
  if (
    hit !== undefined &&
    facts.config.revocation?.lookup !== undefined &&
    /token/.test(facts.config.revocation.lookup) &&
    facts.wasAccepted
  )
    return undefined
  const when = hit?.row.added_at ?? endedAt ?? event?.time
  const reason =
    hit?.row.reason ?? session?.ended_by ?? event?.type?.replace(/^\w+\./, '').replaceAll('_', ' ')
  return certain('TOKEN_REVOKED', {
    evidence: [
      `${hit ? `The token is on the deny list (revoked), found by its ${hit.by}` : `The session \`${clipped(String(sid))}\` of the token has ended`}${when === undefined ? '' : `, since ${ago(when, now)}`}${reason ? `: ${clipped(reason)}` : ''}${event?.address ? `, from ${event.address}` : ''}.`,
    ],
    fix: [
      SIGN_IN,
      'The client should drop (forget, delete) its tokens at sign-out, so that nothing goes on sending the old one.',
    ],
    explains: ['TOKEN_VERSION_STALE', 'SESSION_STORE_LOST'],
  })
}

const stale: Rule = (facts) => {
  const { user, now } = facts
  const counter = counterOf(facts)
  if (counter === undefined || user?.ver === undefined || user.ver <= counter) return undefined
  const reason = reasonOf(facts)
  return certain('TOKEN_VERSION_STALE', {
    evidence: [
      `The counter of the user is ${user.ver}, the token was made under ${counter}${reason ? `: ${inWords(reason, now)}` : ': the password was changed, or the user signed out everywhere, after it was issued'}.`,
    ],
    fix: [
      SIGN_IN,
      'If the person did not do this, look at the events of the account: `countersign events --user <login>`.',
    ],
    explains: ['TOKEN_REVOKED'],
  })
}

const down: Rule = ({ events, exchanges, evidence }) => {
  const lines = events.filter(
    ({ check, detail, type, code }) =>
      /revocation|deny|revoked|blacklist|blocklist/i.test(`${check} ${type}`) &&
      /redis|unreach|timeout|timed out|econn|connection|unavailable|stale|\bdown\b|error|fail|not answer/i.test(
        `${detail} ${code === 'try_again' ? 'unavailable' : ''}`,
      ),
  )
  const [line] = lines
  const answer = exchanges.find(
    ({ response }) =>
      response?.status === 503 && /revocation|deny.?list|redis|try_again/.test(wordsOf(response)),
  )
  if (line === undefined && answer === undefined) return undefined
  const open = lines.some(({ outcome }) => outcome === 'ok')
  const nodes = [...new Set(lines.map(({ node }) => node).filter(Boolean))]
  return found(
    'DENYLIST_DOWN',
    line !== undefined || /redis|revocation|deny/.test(wordsOf(answer?.response)),
    {
      evidence: [
        `The store of revocations (deny list${line?.detail && /redis/i.test(line.detail) ? ', Redis' : ''}) cannot be reached${nodes.length > 0 ? ` from ${nodes.join(', ')}` : ''}${line?.detail ? ` (${clipped(line.detail, 80)})` : ''}: ${open ? 'requests were let in without the check, so revoked tokens pass (fails open)' : 'requests are refused with 503 until it answers (fails closed)'}.`,
      ],
      settledBy: ['whether the store of revocations answers from the machine of the service'],
      fix: [
        `Bring the store back: check that ${evidence.nodes ? 'every node' : 'the service'} can reach (connect to) Redis or the database, with the right address, password and limits (\`redis-cli ping\`, \`/readyz\`).`,
        ...(open
          ? ['Let the check fail closed (refuse with 503) when the answer is older than a stated bound.']
          : ['Clients wait as `Retry-After` says and repeat the request; nobody has to sign in again.']),
      ],
      explains: ['NOT_REVOKED', 'STATUS_SWAPPED', 'REASON_SWALLOWED'],
    },
  )
}

const newClaim: Rule = ({ token, config, now, events, hasConfig }) => {
  const claims = token?.claims
  if (claims === undefined || !hasConfig) return undefined
  const findings: Finding[] = []
  for (const { claim, since } of config.required_claims ?? []) {
    if (claims[claim] !== undefined || claim === 'exp' || claim === 'aud') continue
    const before = since !== undefined && typeof claims.iat === 'number' && claims.iat < since
    findings.push(
      found('REQUIRED_CLAIM_NEW', since === undefined || before || events.length > 0, {
        evidence: [
          `The verifier demands the claim \`${claim}\`${since === undefined ? '' : ` since ${ago(since, now)}`}, and the token has none${before ? ': it was issued before that release' : ''}.`,
        ],
        settledBy: ['whether tokens issued now carry the claim: sign in, then look at the new one'],
        fix: [
          'Refresh (or sign in again) to get a new token that carries the claim.',
          `Next time roll out in two steps: first issue tokens with \`${claim}\`, then demand it once the last token without it has expired (a transition period of one token lifetime).`,
        ],
        explains: ['TOKEN_REVOKED', 'CLAIM_PATH_MISMATCH'],
      }),
    )
  }
  return findings
}

const sessionLost: Rule = (facts) => {
  const { events, evidence, exchanges, now, code } = facts
  const lines = events.filter(({ credential }) => credential === 'session')
  const refused = lines.filter(
    ({ outcome, check }) => outcome === 'refused' && !/csrf|decrypt|signature|mac|seal/.test(check ?? ''),
  )
  const restart = events.findLast(({ type }) =>
    /(?:node|service|process)\.(?:started|restarted)|deploy/.test(type ?? ''),
  )
  const started = Math.max(
    0,
    ...(evidence.nodes ?? []).map(({ started_at = 0 }) => started_at),
    restart?.time ?? 0,
  )
  const issued = lines.find(({ issued_by }) => issued_by)
  const foreign = refused.filter(({ node, issued_by }) => issued_by && node && node !== issued_by)
  const home = lines.filter(({ outcome, node, issued_by }) => outcome === 'ok' && node === issued_by)
  const unshared =
    issued !== undefined &&
    foreign.length > 0 &&
    foreign.length === refused.length &&
    home.length > 0 &&
    lines.every(({ outcome, node, issued_by }) => outcome !== 'ok' || node === issued_by)
  const emptied =
    evidence.store?.sessions !== undefined &&
    evidence.store.sessions.length === 0 &&
    (refused.length > 0 ||
      typeof facts.token?.claims?.sid === 'string' ||
      exchanges.some((one) => isRefused(one) && cookiesOf(requestOf(one)).size > 0))
  const memory = /MemoryStore|new Map\(\)|in.?memory|InMemory/i.test(
    `${code} ${JSON.stringify(facts.config.verifier?.options ?? {})} ${JSON.stringify(facts.client.settings ?? {})}`,
  )
  const lostAt =
    started > 0 && refused.some(({ time, iat }) => time > started && (iat === undefined || iat < started))
  const setEarlier = exchanges.some(
    (one, index) =>
      isRefused(one) &&
      exchanges
        .slice(0, index)
        .some(({ response }) =>
          setCookiesOf(response).some(({ name }) => cookiesOf(requestOf(one)).has(name)),
        ),
  )
  if (
    !unshared &&
    !emptied &&
    !(lostAt && refused.length > 0) &&
    !(memory && (setEarlier || refused.length > 0))
  )
    return undefined
  return found(
    'SESSION_STORE_LOST',
    unshared ||
      (emptied && started > 0) ||
      (lostAt && (emptied || memory || refused.every(({ time }) => time > started))),
    {
      evidence: [
        unshared
          ? `${refused.length} sessions were refused, exactly those that another node had started: the session store is in the memory of each process and is not shared.`
          : `The session is not in the store${emptied ? ', which is empty' : ''}${started > 0 ? `; the process started ${ago(started, now)}, after the session` : ''}: sessions kept in memory are lost at a restart.`,
      ],
      settledBy: ['where the sessions are kept (memory, Redis, database), and when the process was started'],
      fix: [
        'Keep sessions in a shared, persistent store (Redis or the database) instead of the memory of the process: connect the session middleware to it on every node.',
        'People whose session is lost sign in again once.',
      ],
      explains: [
        'HDR_MISSING',
        'TOKEN_REVOKED',
        'KEY_PER_REPLICA',
        'ROLLOUT_MIXED',
        'SESSION_SECRET_CHANGED',
        'COOKIE_FOREIGN_APP',
      ],
    },
  )
}

export const acceptedThoughEndedRules: readonly Rule[] = [byString, notRevoked]
export const revocationRules: readonly Rule[] = [revoked, stale, newClaim, down, sessionLost]
