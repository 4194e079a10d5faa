import type { EventLine } from '../../evidence.ts'
import { certain, found, probable } from '../../finding.ts'
import {
  cookiesOf,
  fieldsOf,
  isAccepted,
  isRefused,
  parametersOf,
  requestOf,
  setCookiesOf,
  urlOf,
} from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'
import { ago, span } from '../../words.ts'
import { isRefresh, turns } from './turns.ts'

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

export const forked: Rule = ({ events, exchanges }) => {
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

export const tooDeep: Rule = ({ events }) => {
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

export const losersCookies: Rule = ({ exchanges, events, code }) => {
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

export const reuse: Rule = ({ events, now }) => {
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
