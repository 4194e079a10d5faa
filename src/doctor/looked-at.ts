import { answeredInFront, leadsOn } from './answered-in-front.ts'
import { readClocks } from './clock-facts.ts'
import type { Facts } from './facts.ts'
import type { RuledOut } from './finding.ts'
import { header, isRefused, isWithheld, requestOf } from './http-facts.ts'
import { eventOf, readOwnAnswer } from './own-answer.ts'
import { clipped, moment, span } from './words.ts'

/** Causes that the evidence shows to be none, each with what shows it. */
export function ruleOut(facts: Facts): readonly RuledOut[] {
  const { token, signature, now, config, audiences, evidence, user, session, skewSeconds, exchange } = facts
  const claims = token?.claims ?? {}
  const out: RuledOut[] = []
  const add = (why: string, ...codes: RuledOut['code'][]): void => {
    out.push(...codes.map((code) => ({ code, why })))
  }
  if (signature.kind === 'genuine') {
    const why = 'the signature is genuine'
    add(
      why,
      'SIG_WRONG_KEY',
      'SIG_SECRET_BASE64',
      'SIG_SECRET_WHITESPACE',
      'SIG_SECRET_QUOTED',
      'ALG_NONE',
      'KID_UNKNOWN',
      'TOKEN_TRUNCATED',
    )
  }
  if (signature.kind === 'issuer_only')
    add('the signature is genuine by a key of the issuer', 'SIG_WRONG_KEY')
  if (typeof claims.exp === 'number' && now < claims.exp + skewSeconds && claims.exp < 1e11) {
    add(`the token is good until ${moment(claims.exp)}, for ${span(claims.exp - now)} more`, 'TOKEN_EXPIRED')
  }
  if (config.issuer !== undefined && claims.iss === config.issuer) {
    add(
      `the issuer is ${clipped(config.issuer)}`,
      'ISS_OTHER_ENVIRONMENT',
      'ISS_TRAILING_SLASH',
      'ISS_HOST_ALIAS',
    )
  }
  const aud = [claims.aud].flat()
  if (audiences.length > 0 && aud.some((one) => audiences.includes(String(one))))
    add(`the audience is ${audiences.join(', ')}`, 'AUD_WRONG_API')
  if (evidence.store?.deny_list !== undefined && token !== undefined)
    add('it is not on the deny list', 'TOKEN_REVOKED')
  if (user !== undefined) {
    add('the account exists', 'USER_NOT_FOUND')
    if (user.disabled === false) add('the account is enabled', 'USER_DISABLED')
    if (user.ver !== undefined) add('the counter of the user is the one in the token', 'TOKEN_VERSION_STALE')
  }
  if (session !== undefined && !session.ended_at) add('the session is alive', 'SESSION_STORE_LOST')
  const clocks = readClocks(facts)
  if (
    evidence.clocks !== undefined &&
    Math.abs(clocks.server ?? 0) <= Math.max(skewSeconds, 5) &&
    clocks.server !== undefined
  ) {
    add('the clock of the server is right', 'CLOCK_VERIFIER_AHEAD', 'CLOCK_VERIFIER_BEHIND')
  }
  const request = exchange && requestOf(exchange)
  const value = header(request, 'authorization')
  const [scheme, credential, ...more] = (value ?? '').split(' ')
  if (credential && more.length === 0 && isSameWord(scheme, config.scheme ?? 'Bearer')) {
    add('the header has the scheme that is read', 'HDR_SCHEME_MISMATCH')
    if (exchange?.as_received !== undefined) add('the header arrived', 'HDR_MISSING', 'PROXY_STRIPS_AUTH')
  }
  return out
}

function isSameWord(a = '', b = ''): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** What was not looked at, so that nobody takes silence for an all-clear. */
export function listNotChecked({ token, signature, evidence, config, audiences }: Facts): readonly string[] {
  const list: string[] = []
  const others = (evidence.tokens?.length ?? 0) - 1
  if (others > 0)
    list.push(`the other ${others === 1 ? 'token' : `${others} tokens`}: the first is judged, one at a time`)
  if (token !== undefined) {
    if (signature.kind === 'not_checked') {
      list.push('the signature: no key or secret was at hand, so the claims are not proven')
    } else if (signature.kind !== 'genuine' && signature.kind !== 'issuer_only') {
      list.push('the claims: they are not proven, as the signature is not genuine here')
    }
    const unsaid = [
      ...(config.issuer === undefined ? ['issuer'] : []),
      ...(audiences.length === 0 ? ['audience'] : []),
      ...(config.algorithms === undefined ? ['algorithm'] : []),
    ]
    if (unsaid.length > 0)
      list.push(`${unsaid.join(', ')}: what the verifier expects was not given, or it expects nothing`)
    if (evidence.store === undefined) list.push('revocation, account and session: no store was looked at')
    if (evidence.clocks === undefined)
      list.push(
        evidence.exchanges === undefined
          ? "the clocks: compared with the doctor's own only"
          : 'the clocks: a record of a call does not say whose is right',
      )
  }
  if (isWithheld({ exchanges: evidence.exchanges ?? [] }))
    list.push('Authorization and cookies: the record leaves them out, as browsers do unless told otherwise')
  if (evidence.exchanges === undefined && token !== undefined)
    list.push('how the token reaches the service: no exchange was given')
  if (evidence.exchanges?.some(({ as_received }) => as_received === undefined))
    list.push('what arrived at the service: only the side of the client was seen')
  if (evidence.exchanges?.some(({ as_sent }) => as_sent === undefined))
    list.push('what the client sent: only the side of the service was seen')
  return list
}

/** The evidence that would decide, most telling first. */
export function listWanted(facts: Facts): readonly string[] {
  const { token, signature, evidence, hasConfig, exchange, exchanges } = facts
  const wants: string[] = []
  const answer = readOwnAnswer(exchange?.response)
  const front = answeredInFront(exchange?.response)
  if (front !== undefined) wants.push(`whether the service was asked at all: ${front}`)
  const on = leadsOn(exchange?.response)
  if (on !== undefined) wants.push(`the call that was answered in the end: ${on}`)
  if (answer !== undefined)
    wants.push(
      `${eventOf(answer)}; the answer, \`${answer.clientCode}\`, keeps the cause from clients on purpose`,
    )
  if (token !== undefined && signature.kind === 'not_checked') {
    wants.push(
      'the key set (JWKS) of the issuer or the shared secret that the verifier was given: `countersign doctor token --issuer URL`, `--secret-file FILE`, or `--own` in the folder of the issuer',
    )
  }
  if (!hasConfig)
    wants.push('the configuration of the verifier (config): issuer, audience, algorithms, keys or secret')
  if (isWithheld({ exchanges }))
    wants.push(
      'the record with its credentials: "Save all as HAR (with sensitive data)", which the settings of the developer tools allow under Network; or the call copied as cURL',
    )
  if (token === undefined) wants.push('the token that was sent: `countersign doctor token < token.txt`')
  if (exchanges.length === 0)
    wants.push(
      'the request and the answer (HTTP exchange), as sent by the client and as received by the service: `curl -v`, then `countersign doctor exchange FILE`',
    )
  else if (exchanges.some(({ as_received }) => as_received === undefined))
    wants.push('the request as the service received it (its access log or a dump of its headers)')
  if (answer === undefined && (exchanges.some(isRefused) || evidence.events === undefined))
    wants.push('the log line or event of the refusal, by its reference: `countersign doctor ref <reference>`')
  if (evidence.store === undefined)
    wants.push(
      'the rows of user and session and the deny list (store): revocation, counters, whether the account is enabled',
    )
  if (evidence.clocks === undefined)
    wants.push('the clock of the server against a reference: `date -u`, `chronyc tracking`')
  if (evidence.nodes === undefined && (evidence.events?.length ?? 0) > 0)
    wants.push('the configuration of each node behind the address (deployments), or its fingerprint')
  return wants
}
