import { certain, found } from '../../finding.ts'
import {
  errorOf,
  fieldsOf,
  header,
  isAccepted,
  isRefused,
  parametersOf,
  requestOf,
  urlOf,
} from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'
import { span } from '../../words.ts'
import { turns } from './turns.ts'

export const loop: Rule = ({ events, exchanges }) => {
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

export const unused: Rule = ({ events, exchanges }) => {
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

export const notIssued: Rule = ({ exchanges, now, events, token, client }) => {
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

export const tooShort: Rule = ({ events, config, code, token, client, now }) => {
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
