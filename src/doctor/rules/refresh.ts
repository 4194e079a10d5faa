import type { EventLine } from '../evidence.ts'
import { certain, found, probable } from '../finding.ts'
import {
  cookiesOf,
  errorOf,
  fieldsOf,
  header,
  isAccepted,
  isRefused,
  parametersOf,
  requestOf,
  setCookiesOf,
  urlOf,
} from '../http-facts.ts'
import type { Rule } from '../rule.ts'
import { ago, span } from '../words.ts'

const isRefresh = ({ type, credential }: EventLine): boolean =>
  credential === 'refresh_token' || /refresh|reuse/.test(type ?? '')

const turns = (events: readonly EventLine[]): EventLine[] =>
  events.filter((event) => isRefresh(event) && event.outcome === 'ok')

/**
 * Two turns of one generation that ended in two places: two texts for one generation, or two steps forward from it with
 * no step in between.
 */
function isFork(first: EventLine, second: EventLine, all: readonly EventLine[]): boolean {
  const { session, generation } = first
  if (session !== second.session || generation === undefined || generation !== second.generation) return false
  if (first.credential_fp && second.credential_fp && first.credential_fp !== second.credential_fp) return true
  if (first.to && second.to && first.to !== second.to) return true
  const went = all.some(
    (one) => one.session === session && one.generation === first.current && one.time <= second.time,
  )
  return first.current !== second.current && !went
}

const forked: Rule = ({ events, exchanges }) => {
  const ok = turns(events)
  const pair = ok.flatMap((first, index) => {
    const second = ok.slice(index + 1).find((other) => isFork(first, other, ok))
    return second === undefined ? [] : [[first, second] as const]
  })[0]
  const answers = new Map<string, Set<string>>()
  for (const { as_received, as_sent, response } of exchanges) {
    const given = parametersOf(as_received ?? as_sent).get('refresh_token')
    const got = fieldsOf(response).get('refresh_token')
    if (given === undefined || got === undefined) continue
    answers.set(given, (answers.get(given) ?? new Set()).add(got))
  }
  const many = [...answers.values()].find((successors) => successors.size > 1)
  if (pair === undefined && many === undefined) return undefined
  return certain('REFRESH_FORKED', {
    evidence: [
      pair === undefined
        ? `One refresh token was answered with ${many?.size} different successors: it was turned twice, and two are alive.`
        : `Generation ${pair[0].generation} of session ${pair[0].session} was turned twice (${span(pair[1].time - pair[0].time)} apart), with two different successors (${pair[0].current ?? pair[0].to} and ${pair[1].current ?? pair[1].to}): two live refresh tokens out of one.`,
    ],
    fix: [
      'Make the turn atomic: one conditional statement (`UPDATE … SET generation = generation + 1 WHERE id = ? AND generation = ?`, compare and swap in one transaction), whose loser gets the same successor or a refusal.',
      'End (revoke) the session that has two tokens.',
    ],
    explains: ['REFRESH_RACE', 'REFRESH_REUSE_THEFT', 'REFRESH_GRACE_TOO_DEEP'],
  })
}

const tooDeep: Rule = ({ events }) => {
  const ok = turns(events)
  const old = ok.find(({ session, generation, time }) => {
    const newest = Math.max(
      0,
      ...ok
        .filter((one) => one.session === session && one.time < time)
        .map(({ current, generation: own }) => current ?? (own ?? 0) + 1),
    )
    return generation !== undefined && newest - generation >= 2
  })
  const deep =
    old ??
    ok.find(
      ({ generation, current }) =>
        generation !== undefined && current !== undefined && current - generation >= 2,
    )
  if (deep === undefined) return undefined
  return certain('REFRESH_GRACE_TOO_DEEP', {
    evidence: [
      `The refresh token of generation ${deep.generation} was accepted although the session had come to generation ${deep.current ?? 'two further'}: the grace window accepts grandparents, tokens that were passed long ago (an old token of a thief would do).`,
    ],
    fix: [
      'Accept in the grace window only the direct predecessor (the previous generation), counted from the moment that this one was passed; anything older is reuse and ends the session.',
    ],
    explains: ['REFRESH_RACE', 'REFRESH_LOST_RESPONSE', 'REFRESH_FORKED'],
  })
}

const losersCookies: Rule = ({ exchanges, events, code }) => {
  for (const [index, exchange] of exchanges.entries()) {
    const path = urlOf(requestOf(exchange))?.pathname ?? ''
    if (!isRefused(exchange) || !/refresh|token/.test(path)) continue
    const cleared = setCookiesOf(exchange.response)
      .filter(({ isCleared }) => isCleared)
      .map(({ name }) => name)
    if (cleared.length === 0) continue
    const won = exchanges.some(
      (other, at) =>
        at !== index &&
        isAccepted(other) &&
        /refresh|token/.test(urlOf(requestOf(other))?.pathname ?? '') &&
        setCookiesOf(other.response).some(({ name, isCleared }) => !isCleared && cleared.includes(name)),
    )
    const after = exchanges
      .slice(index + 1)
      .some((other) => isRefused(other) && cleared.every((name) => !cookiesOf(requestOf(other)).has(name)))
    if (!won && !after) continue
    return certain('REFRESH_LOSER_CLEARS_COOKIES', {
      evidence: [
        `Two refreshes ran at the same time: ${won ? 'one succeeded and set new cookies, ' : ''}the slower one (the loser) was answered ${exchange.response?.status} and cleared the cookies ${cleared.join(', ')}, so the good tokens of the winner are gone too.`,
      ],
      fix: [
        'Do not clear (delete) cookies on a refused refresh: clear them only at sign-out, or when the session has really ended.',
        'Let the slower of two parallel refreshes get the same result (reuse window), or run one refresh at a time (lock, single flight).',
      ],
      explains: ['HDR_MISSING', 'REFRESH_RACE', 'CODE_REUSED'],
    })
  }
  const race = events.some(
    ({ outcome, detail }) =>
      outcome === 'refused' && /clear|delete/.test(detail ?? '') && /cookie/.test(detail ?? ''),
  )
  if (!race || !/clearCookie|deleteCookie|cookies\.delete/.test(code)) return undefined
  return probable('REFRESH_LOSER_CLEARS_COOKIES', {
    evidence: ['A refused refresh clears the cookies.'],
    settledBy: ['whether a second refresh succeeded at the same time'],
    fix: ['Do not clear cookies on a refused refresh; clear them only at sign-out.'],
  })
}

const RACE_SECONDS = 10

const reuse: Rule = ({ events, now }) => {
  const again = events.find(
    (event) =>
      isRefresh(event) &&
      event.outcome === 'refused' &&
      (/reuse/.test(event.type ?? '') || /generation|reuse/.test(event.check ?? '')),
  )
  if (again === undefined) return undefined
  const turn =
    events.findLast(
      (event) =>
        isRefresh(event) &&
        event.outcome === 'ok' &&
        event.time <= again.time &&
        event.session === again.session &&
        event.generation === again.generation,
    ) ??
    events.findLast(
      (event) =>
        isRefresh(event) &&
        event.outcome === 'ok' &&
        event.time <= again.time &&
        event.session === again.session,
    )
  const gap = turn === undefined ? undefined : again.time - turn.time
  const same = (name: 'device' | 'user_agent' | 'address'): boolean | undefined =>
    turn?.[name] && again[name] ? turn[name] === again[name] : undefined
  const [device, agent, address] = [same('device'), same('user_agent'), same('address')]
  const differs = [device, agent, address].filter((one) => one === false).length
  const used = again.successor_used === true
  const alike = differs === 0
  const facts = `The same refresh token (generation ${again.generation}) was presented twice${gap === undefined ? '' : `, ${span(gap)} apart`}; address ${word(address)}, device ${word(device)}, browser ${word(agent)}; its successor was ${used ? '' : 'not '}used in between${again.ended ? `, and the ${again.ended} was ended` : ''}.`
  if (alike && turn?.delivered === false && !used) {
    return certain('REFRESH_LOST_RESPONSE', {
      evidence: [
        facts,
        'The answer to the first was not written out completely (delivered: no): the server turned the token, and the client never got the response. It is no theft: the same client tried again with what it had.',
      ],
      fix: [
        'Answer a retry of the predecessor within a short grace window with the same successor (the current token), and let the client send an `Idempotency-Key` with each refresh, so that a repeat (retry) works even later.',
        'The client keeps the old token until the new one has arrived, and retries at once.',
      ],
      explains: ['REFRESH_RACE', 'REFRESH_REUSE_THEFT'],
    })
  }
  if (alike && !used && gap !== undefined && gap <= RACE_SECONDS) {
    return probable('REFRESH_RACE', {
      evidence: [
        facts,
        'Two tabs or two parallel requests of the same client do that; a theft (stolen token) looks otherwise: another address or device, and the successor already in use.',
      ],
      settledBy: [
        'whether the successor is presented later from another place: then it was theft (an attack)',
        'whether the client refreshes in two tabs or requests at once',
      ],
      fix: [
        'Answer the slower request within a short grace window (overlap, some 10 s) with the same successor (the current token), so that both go on with one live token.',
        'Let one refresh run at a time in the client: a lock across tabs (Web Locks) whose result all share (a single queue).',
      ],
      explains: ['REFRESH_REUSE_THEFT'],
    })
  }
  if (
    alike &&
    !used &&
    (turn?.delivered === undefined || turn.delivered === null || turn.delivered === false) &&
    turn !== undefined
  ) {
    return probable('REFRESH_LOST_RESPONSE', {
      evidence: [
        facts,
        'The same client came back with the old token and never used the new one: the answer was probably lost on the way. Theft would show another place or a used successor.',
      ],
      settledBy: [
        'whether the answer of the first refresh was delivered',
        'whether the successor turns up later',
      ],
      fix: [
        'Let the client send an `Idempotency-Key` with each refresh: a repeat then gets the same successor (same answer), within the grace window and later.',
        'The client keeps the old token until the new one has arrived, and retries at once.',
      ],
      explains: ['REFRESH_REUSE_THEFT'],
    })
  }
  const isTheft = used && differs >= 2
  return found('REFRESH_REUSE_THEFT', isTheft, {
    evidence: [
      facts,
      `Somebody else has a copy of the token: the two uses come from different places${used ? ', and the successor is in use' : ''} (${ago(again.time, now)}).`,
    ],
    settledBy: [
      'whether the person knows the other address and device',
      'whether the client keeps an old token in a second place (a backup, a second store)',
    ],
    fix: [
      'Treat it as a stolen token (theft): keep the session ended (revoke the whole family), let the person sign in again, and tell them where the other use came from.',
      'Look for how it got out (storage that scripts can read, logs), and end their other sessions: `countersign sessions end-all <login>`; have the password changed if in doubt.',
    ],
    explains: ['REFRESH_RACE'],
  })
}

function word(same: boolean | undefined): string {
  return same === undefined ? 'unknown' : same ? 'the same' : 'different'
}

const ended: Rule = ({ events, evidence, now, session, exchanges, token }) => {
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

const testing: Rule = ({ exchanges, events, client, code, evidence, now }) => {
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

const loop: Rule = ({ events, exchanges }) => {
  const ok = turns(events)
  const refused = events.filter(
    ({ type, outcome, check, code }) =>
      outcome === 'refused' &&
      type === 'access.checked' &&
      !/^exp/.test(check ?? '') &&
      code !== 'token_expired',
  )
  const byEvents =
    ok.length >= 3 && refused.length >= 3 && ok.length * 60 > (ok.at(-1)?.time ?? 0) - (ok[0]?.time ?? 0)
  const sequence = exchanges.map((exchange) => {
    const path = `${urlOf(requestOf(exchange))?.pathname} ${parametersOf(requestOf(exchange)).get('grant_type')}`
    return /refresh/.test(path) ? (isAccepted(exchange) ? 'r' : '-') : isRefused(exchange) ? 'x' : 'o'
  })
  const byCalls = /(?:xr){2,}/.test(sequence.join(''))
  const expiredOnly = exchanges.some((one) => errorOf(one.response) === 'token_expired')
  if (!byEvents && !(byCalls && !expiredOnly)) return undefined
  const first = refused[0]
  return certain('REFRESH_LOOP', {
    evidence: [
      byEvents
        ? `${ok.length} refreshes succeeded and ${refused.length} requests were refused in turn, by the check \`${first?.check ?? first?.code}\`, not by expiry: each 401 makes the client refresh again, and no refresh can help.`
        : 'Refused, refreshed, refused, refreshed: the client refreshes on every 401, although the new token is refused for the same reason, which is not expiry.',
    ],
    fix: [
      'Refresh only on `token_expired`, and at most once for a request: if the new token is refused too, stop and show the sign-in (or the error). Do not retry in a loop.',
      `Then find the real reason of the refusal${first?.check ? ` (the check \`${first.check}\`)` : ''}: \`countersign doctor ref <reference>\`.`,
    ],
    explains: ['REFRESH_NEW_TOKEN_UNUSED'],
  })
}

const unused: Rule = ({ events, exchanges }) => {
  for (const turn of turns(events)) {
    const after = events.filter(
      ({ type, outcome, check, code, time, user, session, iat, exp }) =>
        type === 'access.checked' &&
        outcome === 'refused' &&
        /exp/.test(`${check} ${code}`) &&
        time > turn.time &&
        (session === turn.session || (user !== undefined && user === turn.user)) &&
        ((iat !== undefined && iat < turn.time - 1) || (exp !== undefined && exp <= turn.time + 1)),
    )
    const texts = new Set(after.map(({ credential_fp, jti }) => credential_fp ?? jti))
    if (after.length >= 1 && texts.size === 1)
      return unusedFinding(
        `The session was refreshed, and ${after.length} later ${after.length === 1 ? 'request was' : 'requests were'} refused as expired with the same old access token.`,
      )
  }
  for (const [index, exchange] of exchanges.entries()) {
    const fresh = fieldsOf(exchange.response).get('access_token')
    const isTurn = /refresh/.test(
      `${urlOf(requestOf(exchange))?.pathname} ${parametersOf(requestOf(exchange)).get('grant_type')}`,
    )
    if (fresh === undefined || !isTurn) continue
    const later = exchanges
      .slice(index + 1)
      .find((one) => isRefused(one) && header(requestOf(one), 'authorization') !== undefined)
    const sent = header(later && requestOf(later), 'authorization')
    if (sent !== undefined && !sent.includes(fresh))
      return unusedFinding(
        'A refresh gave a new access token, and the next request carries another one: the old token.',
      )
  }
  return undefined
}

function unusedFinding(what: string) {
  return certain('REFRESH_NEW_TOKEN_UNUSED', {
    evidence: [`${what} The client refreshes and goes on sending the old token.`],
    fix: [
      'Read the token anew for each request: set the Authorization header in an interceptor from where the new (current) token is stored, not once when the client is built (`axios.create({ headers })`).',
      'Replace the stored token with the one of the refresh answer before the request is repeated.',
    ],
    explains: ['TOKEN_EXPIRED', 'LIFETIME_TOO_SHORT', 'REFRESH_LOOP', 'REFRESH_NOT_ISSUED'],
  })
}

const notIssued: Rule = ({ exchanges, now, events, token, client }) => {
  const expired =
    (typeof token?.claims?.exp === 'number' && token.claims.exp <= now) ||
    exchanges.some((one) => errorOf(one.response) === 'token_expired') ||
    events.some(({ outcome, check }) => outcome === 'refused' && /^exp/.test(check ?? ''))
  let asked: string | undefined =
    typeof client.settings?.scope === 'string' ? client.settings.scope : undefined
  let answered = false
  for (const exchange of exchanges) {
    const parameters = parametersOf(requestOf(exchange))
    const location = URL.parse(header(exchange.response, 'location') ?? '')
    asked =
      (parameters.has('response_type') || parameters.has('grant_type')
        ? parameters.get('scope')
        : undefined) ??
      (location?.searchParams.has('response_type') ? location.searchParams.get('scope') : undefined) ??
      asked
    const fields = fieldsOf(exchange.response)
    if (fields.has('access_token')) {
      if (fields.has('refresh_token')) return undefined
      if (parameters.get('grant_type') !== 'client_credentials') answered = true
    }
  }
  if (!answered || (asked !== undefined && /offline_access/.test(asked))) return undefined
  if (asked === undefined && !expired) return undefined
  return found('REFRESH_NOT_ISSUED', asked !== undefined, {
    evidence: [
      `The token answer holds no refresh_token: \`offline_access\` was not requested${asked === undefined ? '' : ` (scope: ${asked.slice(0, 120) || 'none'})`}${expired ? ', so nothing can renew the access token after it has expired' : ''}.`,
    ],
    settledBy: [
      'the scope parameter of the sign-in request, and whether the client is registered for the refresh_token grant',
    ],
    fix: [
      'Request `offline_access`: add it to the `scope` parameter of the sign-in (with Google `access_type=offline` and `prompt=consent`), allow the refresh token grant for the client, and sign in again.',
    ],
    explains: ['TOKEN_EXPIRED', 'LIFETIME_TOO_SHORT'],
  })
}

const tooShort: Rule = ({ events, config, code, token, client, now }) => {
  const refused = events.filter(
    ({ outcome, check, code: told }) =>
      outcome === 'refused' && (/^exp/.test(check ?? '') || told === 'token_expired'),
  )
  const ttl = typeof config.access_ttl_s === 'number' ? config.access_ttl_s : undefined
  const lives = refused.flatMap(({ iat, exp }) => (iat === undefined || exp === undefined ? [] : [exp - iat]))
  const life =
    lives[0] ??
    (typeof token?.claims?.exp === 'number' && typeof token.claims.iat === 'number'
      ? token.claims.exp - token.claims.iat
      : ttl)
  const refreshes = turns(events).length > 0 || /refresh/i.test(code)
  const short = life !== undefined && life <= 120
  const noRefresh =
    client.settings?.refresh === false ||
    client.settings?.refreshes === false ||
    client.settings?.refresh_token === false
  const expired = typeof token?.claims?.exp === 'number' && token.claims.exp <= now
  if (refreshes || life === undefined || life <= 0 || (lives.length > 1 && lives.some((one) => one > 3600)))
    return undefined
  if (
    refused.length < 3 &&
    !(short && (expired || refused.length > 0)) &&
    !(noRefresh && (expired || refused.length > 0))
  )
    return undefined
  const signIns = events.filter(
    ({ type, outcome }) => outcome === 'ok' && /signed_in|logged_in|login/.test(type ?? ''),
  ).length
  return found(
    'LIFETIME_TOO_SHORT',
    noRefresh || (short && refused.length > 0) || (signIns >= 2 && refused.length >= 2),
    {
      evidence: [
        `Access tokens live ${span(life)}, and the client never refreshes: ${refused.length > 0 ? `${refused.length} requests were refused as expired` : 'the token expired while it was in use'}${signIns > 0 ? `, with ${signIns} sign-ins in between` : ''}. The lifetime is below real use, and there is no refresh.`,
      ],
      settledBy: ['whether the client has a refresh token and uses it'],
      fix: [
        'Let the client refresh: use the refresh token shortly before expiry or on `token_expired`, and repeat the request once. Access tokens stay short (15 minutes is usual).',
      ],
      explains: ['TOKEN_EXPIRED'],
    },
  )
}

export const refreshRules: readonly Rule[] = [
  forked,
  tooDeep,
  losersCookies,
  reuse,
  testing,
  ended,
  unused,
  loop,
  notIssued,
  tooShort,
]
