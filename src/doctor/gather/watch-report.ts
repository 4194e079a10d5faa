import { type Cause, catalogue } from '../../errors/codes.ts'
import type { RefusalCount, RefusalRecord } from '../../store/refusals.ts'
import { clipped, moment } from '../words.ts'
import { disagreement } from './deployment.ts'
import { explainGroup, type RefusedGroup, type Surroundings } from './watch-joins.ts'

/** One cause among the refusals of a while. */
export interface RefusalGroup {
  readonly code: string
  readonly count: number
  /** Of all refusals of that while, 0 to 100. */
  readonly percent: number
  readonly nodes: readonly string[]
  /** What sets them apart, in sentences for people: where, since when, why here, and what to do. */
  readonly sentence: string
  /** What to do here; without a reason that was found, what is usually to be done. */
  readonly remedy: string
}

export interface WatchReport {
  /** Seconds since 1970. */
  readonly since: number
  readonly total: number
  readonly groups: readonly RefusalGroup[]
  /** What the nodes disagree on, where they do: it explains what is refused on some of them. */
  readonly deployment: string | undefined
}

/** Refusals as the store has them: numbers are exact, records a bounded part of them, newest first. */
export interface SeenRefusals {
  readonly counts: readonly RefusalCount[]
  readonly records: readonly RefusalRecord[]
}

/** Groups the refusals of a while by cause, and says what sets each group apart. Pure. */
export function reportRefusals(
  { counts, records }: SeenRefusals,
  surroundings: Surroundings,
  sinceSeconds: number,
): WatchReport {
  const exact = sumsByCode(counts)
  const described = Map.groupBy(records, ({ code }) => code)
  const codes = [...new Set([...exact.keys(), ...described.keys()])]
  const numbers = codes.map((code) => ({
    code,
    // A record may be there a moment before its count is read.
    count: Math.max(exact.get(code) ?? 0, described.get(code)?.length ?? 0),
  }))
  const total = numbers.reduce((sum, { count }) => sum + count, 0)
  const groups = numbers
    .toSorted((a, b) => b.count - a.count)
    .map(({ code, count }) =>
      describeGroup(
        { ...surroundings, code, records: described.get(code) ?? [], all: records },
        { count, percent: Math.round((count / total) * 100), since: sinceSeconds },
      ),
    )
  return { since: sinceSeconds, total, groups, deployment: disagreement(surroundings.nodes) }
}

/** How many of each cause. */
function sumsByCode(counts: readonly RefusalCount[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { code, count } of counts) sums.set(code, (sums.get(code) ?? 0) + count)
  return sums
}

function describeGroup(
  group: RefusedGroup,
  { count, percent, since }: { readonly count: number; readonly percent: number; readonly since: number },
): RefusalGroup {
  const { code, records, nodes: live } = group
  const entry = Object.hasOwn(catalogue, code) ? catalogue[code as Cause] : undefined
  const explained = explainGroup(group)
  const remedy = explained?.remedy ?? entry?.hint ?? ''
  const nodes = [...new Set(records.map(({ node }) => node))]
  const parts = [
    `${percent} % of refusals since ${moment(since).slice(11, 19)}: ${code} (${count}). ${entry?.meaning ?? ''}`.trim(),
  ]
  if (/KID|SIG|KEY/.test(code)) {
    const kids = [...new Set(records.flatMap(({ facts }) => facts.kid ?? []))].slice(0, 3)
    if (kids.length > 0) parts.push(`kid ${kids.map((kid) => clipped(kid, 40)).join(', ')}.`)
  }
  if (nodes.length === 1 && live.length > 1) parts.push(`Seen only on node ${nodes[0]}.`)
  const routes = [...new Set(records.map(({ facts }) => facts.route))]
  if (routes.length === 1 && routes[0] !== undefined) parts.push(`All at ${clipped(routes[0], 80)}.`)
  if (explained !== undefined) parts.push(explained.because)
  parts.push(remedy)
  return { code, count, percent, nodes, sentence: parts.filter((part) => part !== '').join(' '), remedy }
}
