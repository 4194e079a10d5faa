import type { Exchange } from '../../evidence.ts'
import { certain, found } from '../../finding.ts'
import { cookiesOf, requestOf, urlOf, wordsOf } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'
import { clipped } from '../../words.ts'
import { said } from './said.ts'

export const swallowed: Rule = ({ code, events }) => {
  const inCode = /catch\s*(?:\(\s*(\w*)[^)]*\))?\s*\{((?:[^{}]|\{[^{}]*\})*)\}/.exec(code)
  const body = inCode?.[2] ?? ''
  const named = inCode?.[1]
  const silent =
    inCode !== null &&
    /401|Unauthorized|unauthorized|invalid token/i.test(body) &&
    !/log|console|report|capture|cause/i.test(body) &&
    !(named && new RegExp(`\\b${named}\\b`).test(body))
  const python =
    /except(?:\s+\w+(?:Error|Exception)?)?\s*:\s*\n\s*raise\s+(?:HTTPException|credentials_exception)/.test(
      code,
    ) ||
    /except(?:\s+(?:Exception|\w*(?:JWT|Jwt|Token|Jose|Signature)\w*))?\s*:\s*\n\s*(?:return\s+None|pass)/.test(
      code,
    )
  const refused = events.filter(({ outcome, type }) => outcome === 'refused' && type === 'access.checked')
  const blind =
    refused.length >= 2 &&
    refused.every(
      ({ check, detail, code: told }) => !check && !detail && (!told || /unauthorized|invalid/.test(told)),
    )
  if (!silent && !python && !blind) return undefined
  return found('REASON_SWALLOWED', silent || python, {
    evidence: [
      silent || python
        ? 'One catch takes every error of the verification and answers 401 without a word to the log: expired, wrong key, wrong audience and a fault in the code all look the same.'
        : `${refused.length} refusals were recorded without a reason: no check, no detail.`,
    ],
    settledBy: ['the code that answers 401, and what it does with the error'],
    fix: [
      'Log the error with its reason (cause, `error.code`, `error.message`) under a reference id before it is answered, and keep the answer to the client general.',
      'Catch the errors of the verification only, so that faults of the code show as 500.',
    ],
  })
}

export const hashLibrary: Rule = (facts) => {
  const words =
    /(bcrypt[^\n]{0,60}(?:__about__|version|72 bytes|longer than|module|binary|elf|invalid salt|native)|passlib[^\n]{0,60}|argon2[^\n]{0,60}(?:module|binary|elf|native|memory allocation|verificationerror|invalidhash)|unknownhasherror|hash could not be identified|invalid hash|password cannot be longer than 72|err_dlopen_failed|invalid elf header|invalid salt|data and hash arguments required)/.exec(
      said(facts),
    )
  if (words === null) return undefined
  const long = /72/.test(words[0])
  return certain('PASSWORD_HASH_LIBRARY', {
    evidence: [
      `The check of the password failed in the hash library, not by the password: ${clipped(words[0].trim(), 90)}.`,
    ],
    fix: [
      long
        ? 'bcrypt takes at most 72 bytes: hash the password first (HMAC-SHA256, base64) in a way that old hashes still verify, or move to Argon2id.'
        : 'Use a library that fits: pin (downgrade or upgrade) the two versions that work together (passlib 1.7.4 wants bcrypt below 4.1), rebuild the native binary for this platform, or move to a maintained one (`pwdlib`, `@node-rs/argon2`, `bcryptjs`).',
      'Let a fault of the library answer 500 with a line in the log, so that it does not look like a wrong password. Nobody has to reset a password.',
    ],
    explains: [
      'REASON_SWALLOWED',
      'ACCOUNT_LOCKED',
      'LOGIN_FORM_ENCODING',
      'LOGIN_WRONG_CONTENT_TYPE',
      'STATUS_SWAPPED',
    ],
  })
}

export const badCookie: Rule = ({ exchanges, events }) => {
  const call = exchanges.find(
    (one) =>
      one.response !== undefined &&
      one.response.status >= 500 &&
      one.response.status !== 503 &&
      cookiesOf(requestOf(one)).size > 0,
  )
  const event = events.find(
    ({ status, credential, detail, check }) =>
      (status ?? 0) >= 500 &&
      status !== 503 &&
      (credential === 'session' || /cookie/i.test(`${detail} ${check}`)),
  )
  if (call === undefined && event === undefined) return undefined
  const isSame = (one: Exchange): boolean =>
    requestOf(one)?.method === requestOf(call ?? {})?.method &&
    urlOf(requestOf(one))?.pathname === urlOf(requestOf(call ?? {}))?.pathname
  const without = exchanges.find(
    (one) =>
      one !== call &&
      isSame(one) &&
      one.response !== undefined &&
      one.response.status < 500 &&
      cookiesOf(requestOf(one)).size === 0,
  )
  const words = `${wordsOf(call?.response)} ${event?.detail ?? ''}`
  const about =
    /cookie|decrypt|signature|uri malformed|decode|unexpected token|hmac|\bmac\b|unseal|session/i.test(
      words,
    ) && !/relation |column|\bsql|select |database|econnrefused|timed? ?out/i.test(words)
  return found('BAD_COOKIE_500', without !== undefined || about, {
    evidence: [
      `A request with a cookie is answered ${call?.response?.status ?? event?.status}${without ? `, and the same without cookies ${without.response?.status}` : ''}: a cookie that cannot be read (damaged, or signed with an old key) makes the application fail instead of counting as absent.`,
    ],
    settledBy: ['the same request without the cookie'],
    fix: [
      'Catch the error where the cookie is read (decoded, verified): treat a bad (unreadable) cookie as none, clear (delete) it, and answer 401 or go on without a session; never 500.',
    ],
    explains: ['SESSION_SECRET_CHANGED', 'REASON_SWALLOWED'],
  })
}
