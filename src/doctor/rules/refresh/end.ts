import { found } from '../../finding.ts'
import { errorOf, isRefused, parametersOf, requestOf, urlOf } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'
import { ago, span } from '../../words.ts'
import { isRefresh } from './turns.ts'

export const ended: Rule = ({ events, evidence, now, session, exchanges, token }) => {
  const event = events.find(
    (one) =>
      isRefresh(one) &&
      one.outcome === 'refused' &&
      /idle|absolute|expir|lifetime|too old/.test(`${one.check} ${one.detail}`),
  )
  const row = session ?? evidence.store?.sessions?.[0]
  const refresh = exchanges.some(
    (exchange) =>
      isRefused(exchange) &&
      /refresh/.test(
        `${urlOf(requestOf(exchange))?.pathname} ${parametersOf(requestOf(exchange)).get('grant_type')}`,
      ),
  )
  const lastUse = row?.last_used_at ?? row?.created_at
  const idle = refresh && lastUse !== undefined && now - lastUse > 7 * 86_400
  const old = refresh && row?.created_at !== undefined && now - row.created_at > 30 * 86_400
  if (event === undefined && !idle && !old) return undefined
  if (token?.header !== undefined && event === undefined && !refresh) return undefined
  const isIdle = idle || /idle/.test(`${event?.check} ${event?.detail}`)
  return found('REFRESH_EXPIRED', event !== undefined, {
    evidence: [
      `The refresh token has expired: the session ${isIdle ? 'was idle (unused) for too long' : 'has reached its longest (absolute) lifetime'}${lastUse === undefined ? '' : `, last used ${ago(lastUse, now)}`}.`,
    ],
    settledBy: ['the idle and absolute limits that are configured'],
    fix: [
      'Sign in again (log in): the session is over, as configured; this is no fault. Let the client show the sign-in when a refresh is answered with `invalid_grant`, and not repeat it.',
    ],
    explains: ['REFRESH_REUSE_THEFT', 'TOKEN_EXPIRED', 'REFRESH_UPSTREAM_TESTING'],
  })
}

export const testing: Rule = ({ exchanges, events, client, code, evidence, now }) => {
  const google =
    exchanges.some((one) =>
      /googleapis\.com|accounts\.google\.com/.test(urlOf(requestOf(one))?.hostname ?? ''),
    ) ||
    /google/i.test(`${JSON.stringify(client.settings ?? {})} ${code}`) ||
    events.some(({ iss }) => /google/.test(iss ?? ''))
  const state = Object.entries(client.settings ?? {}).find(
    ([name, value]) => /status|publishing|consent/i.test(name) && /test/i.test(String(value)),
  )
  const failed =
    exchanges.find((one) => isRefused(one) && errorOf(one.response) === 'invalid_grant') ??
    events.find(
      (one) =>
        one.outcome === 'refused' &&
        /invalid_grant|upstream|provider/.test(`${one.code} ${one.detail} ${one.check}`),
    )
  if (!google || failed === undefined) return undefined
  const row = evidence.store?.sessions?.[0]
  const first =
    row?.created_at ??
    events.find(
      ({ outcome, type }) =>
        outcome === 'ok' && /consent|signed_in|linked|authorized|issued|login/.test(type ?? ''),
    )?.time
  const at = 'time' in failed ? failed.time : now
  const days = first === undefined ? undefined : (at - first) / 86_400
  const week = days !== undefined && days >= 6.9 && days < 9
  if (state === undefined && !week) return undefined
  return found('REFRESH_UPSTREAM_TESTING', state !== undefined, {
    evidence: [
      `Google answers invalid_grant${days === undefined ? '' : ` ${span(days * 86_400)} after the consent`}: refresh tokens of a project whose publishing status is "Testing" expire after 7 days.`,
    ],
    settledBy: ['the publishing status of the OAuth consent screen in the Google console'],
    fix: [
      'Publish the app in the Google Cloud console: OAuth consent screen → Publishing status → "In production" (publish), verify it if sensitive scopes are used, and have people consent (sign in) again once.',
    ],
    explains: ['REFRESH_EXPIRED', 'CODE_REUSED', 'CLIENT_AUTH_METHOD'],
  })
}
