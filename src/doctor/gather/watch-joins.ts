import type { KeyFacts } from '../../keys/key-facts.ts'
import type { NodeAnnouncement } from '../../store/nodes.ts'
import type { RefusalRecord } from '../../store/refusals.ts'
import { clipped, moment, span } from '../words.ts'
import { namesOf } from './deployment.ts'

/** What is known beside the refusals of a while. */
export interface Surroundings {
  readonly nodes: readonly NodeAnnouncement[]
  readonly keys: readonly KeyFacts[]
  readonly ringVersion: number
  readonly issuer: string
}

/** The refusals of one cause. */
export interface RefusedGroup extends Surroundings {
  readonly code: string
  readonly records: readonly RefusalRecord[]
  /** Of every cause in that while. */
  readonly all: readonly RefusalRecord[]
}

/** Why it happens here, and what to do about it here. */
export interface Explained {
  readonly because: string
  readonly remedy: string
}

type Join = (group: RefusedGroup) => Explained | undefined

/**
 * Lays the refusals of one cause beside nodes, keys and deployments: the first that explains them all names the node and
 * what to do. What a token says of itself (its `kid`, its issuer) is not proven, so that it is only compared, and a match
 * is with what nodes say of themselves.
 */
export function explainGroup(group: RefusedGroup): Explained | undefined {
  for (const join of JOINS) {
    const explained = join(group)
    if (explained !== undefined) return explained
  }
  return undefined
}

const ofKeys = ({ code }: RefusedGroup): boolean => code === 'KID_UNKNOWN'

/** HS256: the secret that the tokens are signed with is on some nodes, and not on those that refuse. */
const secretElsewhere: Join = (group) => {
  if (!ofKeys(group)) return undefined
  const kids = valuesOf(group.records, 'kid')
  const holders = group.nodes.filter(({ signingSecrets }) => signingSecrets.some((kid) => kids.includes(kid)))
  const blind = group.nodes.filter(
    ({ id, signingSecrets }) =>
      nodesOf(group.records).includes(id) && !signingSecrets.some((kid) => kids.includes(kid)),
  )
  if (holders.length === 0 || blind.length === 0) return undefined
  return {
    because: `The tokens are signed with an entry of JWT_SECRET that ${namesOf(holders)} ${plural(holders, 'has', 'have')} and ${namesOf(blind)} ${plural(blind, 'has', 'have')} not${startedOf(group, blind)}.`,
    remedy: `Give ${namesOf(blind)} the entry too (JWT_SECRET=own,former), restart ${plural(blind, 'it', 'them')}, and only then take one out; or roll the deploy back.`,
  }
}

/** HS256: no node that lives has the secret any more. */
const secretGone: Join = (group) => {
  const { nodes, records } = group
  if (!ofKeys(group) || !nodes.some(({ algorithm }) => algorithm === 'HS256')) return undefined
  const kids = valuesOf(records, 'kid')
  const isSecret = kids.length > 0 && kids.every((kid) => /^hs-[0-9a-f]{8}$/.test(kid))
  const isOurs = valuesOf(records, 'iss').every((iss) => iss === group.issuer)
  if (!isSecret || !isOurs) return undefined
  return {
    because: `No live node has the entry of JWT_SECRET that the tokens name: it was replaced in one step, or the tokens are of another deployment that calls itself ${group.issuer}.`,
    remedy:
      'Put the former secret back behind the new one on every node (JWT_SECRET=new,former) until the last token made with it has ended; unless it leaked, then the clients refresh.',
  }
}

/** The key is in the ring, and the nodes that refuse have not read that ring yet. */
const ringBehind: Join = (group) => {
  if (!ofKeys(group) && group.code !== 'KEY_RING_STALE') return undefined
  const kids = valuesOf(group.records, 'kid')
  const key = group.keys.find(({ kid, phase }) => kids.includes(kid) && /next|active|retiring/.test(phase))
  if (key === undefined) return undefined
  const refusing = nodesOf(group.records)
  const behind = group.nodes.filter(
    ({ id, ringVersion }) => refusing.includes(id) && ringVersion < group.ringVersion,
  )
  const since = key.since === undefined ? '' : ` since ${moment(key.since / 1000)}`
  if (behind.length > 0)
    return {
      because: `The key is in the ring (${key.phase}${since}), and ${namesOf(behind)} still ${plural(behind, 'serves', 'serve')} an older one${startedOf(group, behind)}.`,
      remedy: `Restart ${namesOf(behind)}, and see why ${plural(behind, 'it does', 'they do')} not hear of new keys: the connection to the database, a blocked process.`,
    }
  const gone = refusing.filter((id) => !group.nodes.some((node) => node.id === id))
  if (gone.length !== refusing.length) return undefined
  return {
    because: `The key is in the ring now (${key.phase}${since}), and ${gone.join(', ')} ${gone.length === 1 ? 'is' : 'are'} not there any more.`,
    remedy: 'Nothing more has to be done if it stays away: watch that it does.',
  }
}

/** The key was withdrawn on purpose. */
const keyWithdrawn: Join = ({ records, keys }) => {
  const kids = valuesOf(records, 'kid')
  const key = keys.find(({ kid, phase }) => kids.includes(kid) && (phase === 'revoked' || phase === 'gone'))
  if (key === undefined) return undefined
  return {
    because: `The key ${clipped(key.kid, 40)} is ${key.phase}${key.since === undefined ? '' : ` since ${moment(key.since / 1000)}`}: what it signed is refused on purpose.`,
    remedy:
      'Clients get a new token by their next refresh; one that goes on does not refresh on `token_invalid`. `countersign keys list` shows the ring.',
  }
}

/** Tokens of another issuer, all of them. */
const otherIssuer: Join = ({ code, records, issuer }) => {
  if (!/^KID_UNKNOWN$|^ISS_|^SIG_WRONG_KEY$|^ALG_MISMATCH$/.test(code)) return undefined
  const issuers = valuesOf(records, 'iss')
  const [first] = issuers
  const isEverywhere = records.every(({ facts }) => typeof facts.iss === 'string')
  if (first === undefined || !isEverywhere || issuers.includes(issuer)) return undefined
  return {
    because: `The tokens name ${listed(issuers)} as their issuer, and this one is ${issuer}: they are of another environment.`,
    remedy:
      'Give the client the address of this issuer, or the call the address of the other API; nothing is to be changed here.',
  }
}

/** Tokens for another API, all of them for the same. */
const otherAudience: Join = ({ code, records }) => {
  if (code !== 'AUD_WRONG_API') return undefined
  const names = valuesOf(records, 'aud')
  if (names.length === 0 || names.length > 3) return undefined
  return {
    because: `The tokens are for ${listed(names)}.`,
    remedy:
      'Let the client ask for a token for this API, or call the other one. If this API is meant, compare AUDIENCE on every node with `countersign config`.',
  }
}

/** What is about the time, on one node of several: its clock. */
const oneClock: Join = (group) => {
  const { code, records, nodes } = group
  if (!/^CLOCK_|^TOKEN_EXPIRED$|^SIGNING_LATE$|^REVOCATION_STALE$/.test(code) || nodes.length < 2)
    return undefined
  const [only, ...more] = nodesOf(records)
  const texts = new Set(records.map(({ facts }) => facts.credential_fp))
  if (only === undefined || more.length > 0 || texts.size < 3) return undefined
  if (code === 'TOKEN_EXPIRED' && !records.every(({ facts }) => Number(facts.seconds_left) > -120))
    return undefined
  return {
    because: `Of ${nodes.length} live nodes only ${only} refuses over the time: its clock is probably wrong${startedOf(group, [{ id: only }])}.`,
    remedy: `On ${only}: \`timedatectl\` or \`chronyc tracking\`, and set the clock by NTP.`,
  }
}

/** One credential, again and again. */
const oneCredential: Join = ({ code, records }) => {
  const counts = Map.groupBy(records, ({ facts }) => facts.credential_fp)
  const [fingerprint, most] = [...counts].sort(([, a], [, b]) => b.length - a.length)[0] ?? []
  if (fingerprint === undefined || most === undefined || most.length < 5) return undefined
  if (most.length < records.length * 0.8) return undefined
  const last = most.at(-1)?.at ?? 0
  const over = span(Math.max(1, Math.abs((most[0]?.at ?? last) - last) / 1000))
  const address = most[0]?.facts.address
  return {
    because: `One credential (fingerprint ${String(fingerprint)}) was sent ${most.length} times within ${over}${address === undefined ? '' : `, from ${clipped(address, 60)}`}.`,
    remedy:
      code === 'TOKEN_EXPIRED'
        ? 'That client goes on with an old token: it has to refresh on `token_expired`, once, and to send the new one.'
        : `That client tries again and again what cannot work: \`countersign doctor ref ${most[0]?.reference}\` tells what it sent; find it by the address.`,
  }
}

/** Limits that count a proxy, by which everybody comes. */
const sharedAddress: Join = ({ code, records }) => {
  if (!/^RATE_LIMIT|^ACCOUNT_LOCKED$|^PROXY_UNKNOWN$/.test(code)) return undefined
  const addresses = valuesOf(records, 'address')
  const forwarded = valuesOf(records, 'forwarded_for')
  if (addresses.length !== 1 || forwarded.length < 2) return undefined
  return {
    because: `All are counted as ${clipped(addresses[0], 60)}, and X-Forwarded-For names ${forwarded.length} others: that is a proxy, and everybody shares its limit.`,
    remedy: 'Set TRUSTED_PROXIES to the number of proxies in front, on every node.',
  }
}

/** On one node of several, whatever it is. */
const oneNode: Join = (group) => {
  const { records, nodes, all } = group
  const [only, ...more] = nodesOf(records)
  if (only === undefined || more.length > 0 || nodes.length < 2 || records.length < 3) return undefined
  const configurations = new Set(all.filter(({ node }) => node !== only).map(({ facts }) => facts.config_fp))
  const own = records.at(-1)?.facts.config_fp
  if (configurations.size === 0 || configurations.has(own as string)) return undefined
  return {
    because: `Only ${only} refuses, and its configuration (${String(own)}) is not that of the others (${[...configurations].join(', ')})${startedOf(group, [{ id: only }])}.`,
    remedy: `Compare \`countersign config\` on ${only} and on another node, and restart ${only} with what the others have.`,
  }
}

const JOINS: readonly Join[] = [
  secretElsewhere,
  ringBehind,
  keyWithdrawn,
  otherIssuer,
  secretGone,
  otherAudience,
  sharedAddress,
  oneClock,
  oneCredential,
  oneNode,
]

function valuesOf(records: readonly RefusalRecord[], name: string): string[] {
  const values = records.flatMap(({ facts }) => facts[name] ?? []).map(String)
  return [...new Set(values)]
}

function nodesOf(records: readonly RefusalRecord[]): string[] {
  return [...new Set(records.map(({ node }) => node))]
}

function listed(values: readonly string[]): string {
  const shown = values.slice(0, 3).map((value) => clipped(value, 80))
  return shown.join(', ') + (values.length > 3 ? ` and ${values.length - 3} more` : '')
}

function plural(list: readonly unknown[], one: string, many: string): string {
  return list.length === 1 ? one : many
}

/** When nodes were started, as their own refusals say. */
function startedOf({ all }: RefusedGroup, nodes: readonly { readonly id: string }[]): string {
  const told = nodes.flatMap(({ id }) => {
    const started = Number(all.find(({ node }) => node === id)?.facts.node_started_at)
    return Number.isFinite(started) ? [`started ${moment(started)}`] : []
  })
  return told.length === 0 ? '' : ` (${told.join(', ')})`
}
