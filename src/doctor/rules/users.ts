import type { JsonObject } from '../../base/strict-json.ts'
import { isGood } from '../facts.ts'
import { certain, found } from '../finding.ts'
import { header, isAccepted, requestOf, urlOf } from '../http-facts.ts'
import type { Rule } from '../rule.ts'
import { ago, clipped } from '../words.ts'

const looksLikeName = (sub: string): boolean =>
  /@/.test(sub) ||
  (/^[a-z][a-z0-9._-]{1,30}$/i.test(sub) && !/^(?:usr|user|u|id|cl|ses)[_-]?\w*\d/i.test(sub))

const renamed: Rule = ({ token, events, evidence, now, wasAccepted }) => {
  const sub = token?.claims?.sub
  if (typeof sub !== 'string') return undefined
  const event = events.findLast(
    ({ type, from }) =>
      /renamed|(?:email|username|login|name)_changed|\.changed/.test(type ?? '') && from === sub,
  )
  if (event === undefined) return undefined
  const users = evidence.store?.users ?? []
  const other = users.find(
    ({ id, username, email }) => (username === sub || email === sub) && id !== event.user,
  )
  if (users.some(({ id }) => id === sub)) return undefined
  return certain('SUB_RENAMED', {
    evidence: [
      `\`sub\` is \`${clipped(sub)}\`, a name or address that was changed to \`${clipped(event.to ?? 'another')}\` ${ago(event.time, now)}${other ? `; the name now belongs to another account (${other.id})${wasAccepted ? ', whose data the token opens' : ''}` : ''}. The account still exists, under another name.`,
    ],
    fix: [
      'Write an immutable id into `sub` (a random user id that never changes and is never given to another), and look accounts up by it, not by name or e-mail.',
      'Until then the person signs in again to get a token with the new name.',
    ],
    explains: ['USER_NOT_FOUND', 'WRONG_USER_DATA'],
  })
}

/** A token of a program and no person, as issuers tell it: by its `sub`, its grant or its kind. */
function isOfClient({ sub, client_id, azp, appid, gty, idtyp }: JsonObject = {}): boolean {
  return (
    [client_id, azp, appid].includes(sub) ||
    gty === 'client-credentials' ||
    idtyp === 'app' ||
    (typeof sub === 'string' && sub.endsWith('@clients'))
  )
}

const notFound: Rule = ({ token, evidence, events, now, wasAccepted }) => {
  const { sub } = token?.claims ?? {}
  const users = evidence.store?.users
  if (typeof sub !== 'string' || isOfClient(token?.claims) || wasAccepted) return undefined
  const deleted = events.findLast(
    ({ type, user }) => /user\.(?:deleted|removed|erased)/.test(type ?? '') && user === sub,
  )
  if (users === undefined && deleted === undefined) return undefined
  if (users?.some(({ id, username, email }) => id === sub || username === sub || email === sub))
    return undefined
  const isName = looksLikeName(sub) && deleted === undefined && users !== undefined && users.length > 0
  return certain('USER_NOT_FOUND', {
    evidence: [
      `There is no account \`${clipped(sub)}\` (the \`sub\` of the token)${deleted ? `: it was deleted ${ago(deleted.time, now)}${deleted.address ? ` from ${deleted.address}` : ''}` : ' in the store'}.${isName ? ' The sub looks like a name; if the account was renamed, that is the cause.' : ''}`,
    ],
    fix: [
      'Sign in with an account that exists; the client drops the token. If the account was deleted by mistake, restore or create it again.',
      'If the token is of another database (test against production), give each environment its own keys and issuer.',
    ],
  })
}

const disabled: Rule = (facts) => {
  const { user, events, exchanges, now, wasAccepted } = facts
  if (user === undefined || wasAccepted) return undefined
  if (user.disabled !== true && user.verified !== false) return undefined
  const event = events.findLast(
    ({ type, user: who }) => /disabled|suspended|blocked/.test(type ?? '') && who === user.id,
  )
  // Not every service asks for a proven address: where something else may have refused, it need not be this.
  const isAlone =
    isGood(facts) && exchanges.length === 0 && events.every(({ outcome }) => outcome !== 'refused')
  return found('USER_DISABLED', user.disabled === true || isAlone, {
    settledBy: ['whether this service asks for a confirmed mail address'],
    evidence: [
      user.disabled === true
        ? `The account \`${user.id}\` is disabled${event ? `, since ${ago(event.time, now)}${event.address ? ` from ${event.address}` : ''}` : ''}.`
        : `The account \`${user.id}\` is not verified: its mail address was never confirmed, and that is required.`,
    ],
    fix: [
      user.disabled === true
        ? `Find out why it was disabled (\`countersign events --user ${user.id}\`), and enable the account again if that was a mistake: \`countersign users enable ${user.id}\`.`
        : 'Verify the mail address: send the verification link again, or confirm (verify) the account as an administrator.',
      'Then sign in again.',
    ],
    explains: ['TOKEN_VERSION_STALE', 'TOKEN_REVOKED'],
  })
}

/** Whether two ids may be of one kind: both with the same marks between what is random. */
function isAlike(a: string, b: string): boolean {
  const form = (id: string) => (/^\d+$/.test(id) ? 'number' : id.replaceAll(/[A-Za-z\d]+/g, 'x'))
  return form(a) === form(b)
}

/** Members of an answer that name whose data it is. */
const OWNER = /"(?:sub|user_?id|owner_?id|owner)"\s*:\s*"([^"]+)"/i
const ID = /^\s*\{\s*"(?:id|_id)"\s*:\s*"([^"]+)"/i

const otherData: Rule = ({ exchanges, token, events, evidence }) => {
  const sub = token?.claims?.sub
  for (const exchange of exchanges) {
    if (!isAccepted(exchange) || typeof sub !== 'string') continue
    const body = exchange.response?.body ?? ''
    const path = urlOf(requestOf(exchange))?.pathname ?? ''
    const isMe = /\/(?:me|self|profile|account|whoami|userinfo)\b/.test(path)
    const owner = OWNER.exec(body)?.[1] ?? (isMe ? ID.exec(body)?.[1] : undefined)
    const known = evidence.store?.users?.find(({ id }) => id === sub)
    const name = /"(?:username|email)"\s*:\s*"([^"]+)"/.exec(body)?.[1]
    const otherName =
      isMe &&
      name !== undefined &&
      known !== undefined &&
      known.username !== name &&
      known.email !== name &&
      (known.username ?? known.email) !== undefined
    if ((owner === undefined || owner === sub) && !otherName) continue
    const asked = owner !== undefined && path.includes(owner)
    const cached =
      header(exchange.response, 'age') !== undefined ||
      /hit/i.test(header(exchange.response, 'x-cache') ?? '')
    const isId =
      owner === undefined || isAlike(owner, sub) || evidence.store?.users?.some(({ id }) => id === owner)
    return found('WRONG_USER_DATA', isMe && isId === true, {
      settledBy: [
        ...(isId ? [] : ['whether the service has ids of its own for accounts, beside those of the issuer']),
        'whether this account may see what that one owns: an administrator may, and so may whom it was shared with',
      ],
      evidence: [
        `The token is of \`${clipped(sub)}\`, and the answer of ${path} holds the data of another user (\`${clipped(owner ?? 'another account')}\`)${asked ? ': the id in the path decides whose data it is, and nothing compares it with the token' : ''}${cached ? '; a cache is on the way' : ''}.`,
      ],
      fix: [
        'Take the owner from the verified token (`sub`, `principal.id`) and compare it with the owner of the record on every read and write; never from the path or body alone (check ownership).',
        'See that no cache or variable shared between requests mixes answers (key it by user), and treat the data as disclosed.',
      ],
      explains: ['SUB_RENAMED', 'NOT_REVOKED'],
    })
  }
  const mixed = events.find(
    ({ type, outcome, user, detail }) =>
      /user\.mixed|wrong_user|other_user/.test(`${type} ${detail}`) && outcome === 'ok' && user !== undefined,
  )
  if (mixed === undefined) return undefined
  return found('WRONG_USER_DATA', false, {
    evidence: ["An event says that another user's data was given out."],
    settledBy: ['the request and its answer'],
    fix: ['Take the owner from the verified token (`sub`) and compare it with the owner of the record.'],
  })
}

export const userRules: readonly Rule[] = [otherData, renamed, notFound, disabled]
