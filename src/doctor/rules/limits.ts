import type { EventLine } from '../evidence.ts'
import { certain, found } from '../finding.ts'
import { header } from '../http-facts.ts'
import type { Rule } from '../rule.ts'
import { ago, clipped } from '../words.ts'

const isLimited = ({ code, status, check }: EventLine): boolean =>
  code === 'too_many_requests' || status === 429 || /rate|limit/.test(check ?? '')

const distinct = (values: readonly (string | null | undefined)[]): number =>
  new Set(values.filter(Boolean)).size

const sharedAddress: Rule = ({ events, config, exchanges }) => {
  const limited = events.filter((event) => event.outcome === 'refused' && isLimited(event))
  const [first] = limited
  if (first === undefined) {
    const call = exchanges.find(
      ({ response, as_received }) =>
        response?.status === 429 && header(as_received, 'x-forwarded-for') !== undefined,
    )
    if (call === undefined || config.trusted_proxy_hops !== 0) return undefined
    return sharedFinding(
      true,
      'The address of the client stands in X-Forwarded-For, and no proxy is trusted (trusted_proxy_hops is 0): all people share the limit of the proxy.',
    )
  }
  const all = events.filter(({ peer, address, limiter_key }) => peer ?? address ?? limiter_key)
  const keys = distinct(limited.map(({ limiter_key, address }) => limiter_key ?? address))
  const people = Math.max(
    distinct(all.map(({ forwarded_for }) => forwarded_for)),
    distinct(all.map(({ user, login }) => user ?? login)),
    distinct(all.map(({ device }) => device)),
  )
  const isPeer = limited.some(
    ({ limiter_key, address, peer }) =>
      peer && ((limiter_key ?? address) === peer || limiter_key?.includes(peer) || address === peer),
  )
  if (keys !== 1 || people < 2 || !(isPeer || config.trusted_proxy_hops === 0)) return undefined
  return sharedFinding(
    isPeer || config.trusted_proxy_hops === 0,
    `${limited.length} requests of ${people} different people (by X-Forwarded-For or account) were refused under one limiter key, \`${clipped(first.limiter_key ?? first.address)}\`${isPeer ? ', which is the address of the proxy in front' : ''}: all share one limit.`,
  )
}

function sharedFinding(isProven: boolean, what: string) {
  return found('RATE_LIMIT_SHARED_IP', isProven, {
    evidence: [what],
    settledBy: ['the address of the other end of the connection, against the limiter key'],
    fix: [
      'Trust the proxy in front, by number of hops or by address (`TRUSTED_PROXIES=1`; Express `app.set("trust proxy", 1)`), so that the address of the client is read from X-Forwarded-For, counted from the right, and each client has a limit of its own.',
    ],
    explains: ['ACCOUNT_LOCKED'],
  })
}

const spoofable: Rule = ({ events, config }) => {
  const tries = events.filter(({ limiter_key, forwarded_for, peer }) => limiter_key && forwarded_for && peer)
  const byPeer = Map.groupBy(tries, ({ peer }) => peer)
  const group = [...byPeer.values()].find(
    (list) =>
      distinct(list.map(({ limiter_key }) => limiter_key)) >= 3 &&
      list.every(
        ({ limiter_key, forwarded_for }) =>
          forwarded_for?.split(',')[0]?.trim() === limiter_key ||
          limiter_key?.includes(forwarded_for?.split(',')[0]?.trim() ?? '\n'),
      ),
  )
  if (group === undefined) return undefined
  const oneLogin = distinct(group.map(({ login, user }) => login ?? user)) <= 1
  const hops = config.trusted_proxy_hops
  const none = group.every(isLimited) === false && group.filter(isLimited).length === 0
  const appended = group.some(({ forwarded_for }) => (forwarded_for?.split(',').length ?? 1) > (hops ?? 1))
  return found('RATE_LIMIT_SPOOFABLE', oneLogin || appended || hops === 0 || none, {
    evidence: [
      `${group.length} tries over one connection address (\`${clipped(group[0]?.peer)}\`)${oneLogin ? ' at one account' : ''} were counted under ${distinct(group.map(({ limiter_key }) => limiter_key))} different limiter keys, each the value that the client itself wrote first into X-Forwarded-For: the limit never grips (spoofed header).`,
    ],
    settledBy: ['which entry of X-Forwarded-For the limiter reads, and who wrote it'],
    fix: [
      'Key the limit on an address that the client cannot write: count X-Forwarded-For from the right, as many hops as there are trusted proxies (`TRUSTED_PROXIES`), never its first (leftmost) entry; let the proxy overwrite the header.',
      'Limit tries per account as well.',
    ],
    explains: ['RATE_LIMIT_SHARED_IP'],
  })
}

const locked: Rule = ({ events, now }) => {
  const tries = events.filter(
    ({ login, credential, type }) => login || credential === 'password' || /sign_?in|login/.test(type ?? ''),
  )
  const lock = tries.findLast(
    ({ outcome, check, detail, type }) =>
      outcome === 'refused' && /lock|throttl|back.?off|too many|attempts/i.test(`${check} ${detail} ${type}`),
  )
  if (lock === undefined) return undefined
  const failures = tries.filter(
    ({ outcome, login, time }) => outcome === 'refused' && login === lock.login && time < lock.time,
  )
  const addresses = distinct(failures.map(({ address }) => address))
  return certain('ACCOUNT_LOCKED', {
    evidence: [
      `The sign-in of \`${clipped(lock.login ?? lock.user ?? 'the account')}\` was refused by the lock-out (\`${lock.check}\`), not by the password: ${failures.length} failures went before${failures[0] ? `, since ${ago(failures[0].time, now)}` : ''}${addresses > 0 ? `, from ${addresses} ${addresses === 1 ? 'address' : 'addresses'} (${[...new Set(failures.map(({ address }) => address).filter(Boolean))].slice(0, 3).join(', ')})` : ''}. Even the right password is refused while it lasts.`,
    ],
    fix: [
      'Wait until the lock ends, or unlock the account as an administrator (reset its failure counter) when its owner has been asked.',
      addresses > 1 || failures.some(({ address_known }) => address_known === false)
        ? 'Somebody may be guessing the password: look at the addresses of the failures (`countersign events --user <login>`), and slow down the pair of account and network first, so that nobody can lock an honest user out.'
        : 'If one device keeps failing, find the stored old password there.',
    ],
    explains: ['CLIENT_AUTH_METHOD', 'PASSWORD_HASH_LIBRARY', 'RATE_LIMIT_SHARED_IP', 'LOGIN_FORM_ENCODING'],
  })
}

export const limitRules: readonly Rule[] = [spoofable, locked, sharedAddress]
