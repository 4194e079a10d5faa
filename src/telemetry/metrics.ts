import { catalogue } from '../errors/codes.ts'

export interface MetricFacts {
  readonly refusals: ReadonlyMap<string, number>
  /** Counted, but not described. */
  readonly left: number
  /** Unix seconds. */
  readonly startedAt: number
}

/** The text format of Prometheus, version 0.0.4. Labels are codes of the catalogue: closed, so their number is bounded. */
export function prometheusText({ refusals, left, startedAt }: MetricFacts): string {
  const lines = [
    '# HELP countersign_refusals_total Refused requests by cause, since the start of this process.',
    '# TYPE countersign_refusals_total counter',
    ...Object.entries(catalogue).flatMap(([code, { group, clientCode }]) => {
      const count = refusals.get(code)
      if (count === undefined) return []
      return [
        `countersign_refusals_total{code="${code}",client_code="${clientCode}",group="${group}"} ${count}`,
      ]
    }),
    '# HELP countersign_refusals_not_described_total Refusals that were counted and, in a flood, not described.',
    '# TYPE countersign_refusals_not_described_total counter',
    `countersign_refusals_not_described_total ${left}`,
    '# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.',
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${startedAt}`,
  ]
  return `${lines.join('\n')}\n`
}
