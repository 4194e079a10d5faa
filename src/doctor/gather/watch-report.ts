import { type Cause, catalogue } from '../../errors/codes.ts'
import type { NodeAnnouncement } from '../../store/nodes.ts'
import type { RefusalCount, RefusalRecord } from '../../store/refusals.ts'
import { clipped, moment } from '../words.ts'

/** One cause among the refusals of a while. */
export interface RefusalGroup {
  readonly code: string
  readonly count: number
  /** Of all refusals of that while, 0 to 100. */
  readonly percent: number
  readonly nodes: readonly string[]
  /** One sentence for people. */
  readonly sentence: string
}

export interface WatchReport {
  readonly since: number
  readonly total: number
  readonly groups: readonly RefusalGroup[]
  /** What the nodes disagree on, where they do: it explains what is refused on some of them. */
  readonly deployment: string | undefined
}

/** Groups the refusals of a while by cause, and says what sets each group apart. Seconds since 1970. */
export function reportRefusals(
  records: readonly RefusalRecord[],
  nodes: readonly NodeAnnouncement[],
  sinceSeconds: number,
): WatchReport {
  const total = records.length
  const groups = [...Map.groupBy(records, ({ code }) => code)]
    .map(([code, list]) => groupOf(code, list, records, sinceSeconds))
    .sort((a, b) => b.count - a.count)
  return { since: sinceSeconds, total, groups, deployment: disagreement(nodes) }
}

function groupOf(
  code: string,
  list: readonly RefusalRecord[],
  all: readonly RefusalRecord[],
  since: number,
): RefusalGroup {
  const nodes = [...new Set(list.map(({ node }) => node))]
  const everywhere = new Set(all.map(({ node }) => node)).size
  const percent = Math.round((list.length / all.length) * 100)
  const meaning = Object.hasOwn(catalogue, code) ? catalogue[code as Cause].meaning : ''
  const parts = [
    `${percent} % of refusals since ${moment(since).slice(11, 19)}: ${code} (${list.length}). ${meaning}`,
  ]
  const kids = [...new Set(list.map(({ facts }) => facts.kid).filter((kid) => kid !== undefined))]
  if (/KID|SIG|KEY/.test(code) && kids.length > 0)
    parts.push(
      `kid ${kids
        .slice(0, 3)
        .map((kid) => clipped(kid, 40))
        .join(', ')}.`,
    )
  if (nodes.length === 1 && (everywhere > 1 || /KID|SIG|KEY|CLOCK/.test(code))) {
    const started = Number(list[0]?.facts.node_started_at)
    parts.push(
      `Seen only on node ${nodes[0]}${Number.isFinite(started) ? `, which was started ${moment(started)}` : ''}.`,
    )
  }
  const routes = [...new Set(list.map(({ facts }) => facts.route))]
  if (routes.length === 1) parts.push(`All at ${clipped(routes[0], 80)}.`)
  const addresses = new Set(list.map(({ facts }) => facts.address).filter(Boolean))
  if (addresses.size === 1 && list.length > 3) parts.push(`All from ${[...addresses][0]}.`)
  return { code, count: list.length, percent, nodes, sentence: parts.join(' ') }
}

/** Live nodes of one issuer that read different secrets, or are to sign by different algorithms. */
function disagreement(nodes: readonly NodeAnnouncement[]): string | undefined {
  if (nodes.length < 2) return undefined
  const lists = (name: 'signingSecrets' | 'secretKeys') => new Set(nodes.map((node) => node[name].join(' ')))
  const name =
    lists('signingSecrets').size > 1 ? 'JWT_SECRET' : lists('secretKeys').size > 1 ? 'SECRET_KEY' : undefined
  const algorithms = new Set(nodes.map(({ algorithm }) => algorithm))
  if (name === undefined && algorithms.size < 2) return undefined
  if (name === undefined) {
    return `ROLLOUT_MIXED: ${nodes.length} live nodes are to sign by different algorithms (${[...algorithms].join(', ')}). Finish or roll back the deploy.`
  }
  const seen = nodes.map(
    ({ id, signingSecrets, secretKeys }) =>
      `${id.slice(0, 8)}: ${(name === 'JWT_SECRET' ? signingSecrets : secretKeys).join(' ')}`,
  )
  return `ROLLOUT_MIXED: ${nodes.length} live nodes read different lists of ${name} (fingerprints ${seen.join('; ')}), so a token of one is refused by the other. Give every node the same list, the new entry behind the old one, then switch; finish or roll back the deploy now.`
}

/** Causes whose number rose: at least `least` in the newer while, and more than three times as many as in the older. */
export function risen(
  before: readonly RefusalCount[],
  after: readonly RefusalCount[],
  least = 10,
): readonly string[] {
  const sum = (counts: readonly RefusalCount[], code: string) =>
    counts.reduce((all, one) => all + (one.code === code ? one.count : 0), 0)
  return [...new Set(after.map(({ code }) => code))].filter(
    (code) => sum(after, code) >= least && sum(after, code) > 3 * sum(before, code),
  )
}
