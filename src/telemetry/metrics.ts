interface Family {
  readonly help: string
  /** Counters and histograms of several processes are added up. */
  readonly type: 'counter' | 'histogram' | 'gauge'
  /** What the numbers of several processes come to together, of a gauge. */
  readonly among?: 'sum' | 'most'
}

/** Every metric that there is. Labels take values of closed lists only, so that their number is bounded. */
export const FAMILIES = {
  countersign_refusals_total: { help: 'Refused requests by cause.', type: 'counter' },
  countersign_refusals_not_described_total: {
    help: 'Refusals that were counted and, in a flood, not described.',
    type: 'counter',
  },
  countersign_requests_total: {
    help: 'Answers of the issuer’s own endpoints, by route and status.',
    type: 'counter',
  },
  countersign_request_seconds: { help: 'How long those answers took.', type: 'histogram' },
  countersign_grants_total: {
    help: 'Tokens and browser sessions given out by the endpoints, by grant.',
    type: 'counter',
  },
  countersign_refreshes_total: {
    help: 'Refresh tokens presented, by the verdict on them.',
    type: 'counter',
  },
  countersign_password_hashes_total: {
    help: 'Passwords given to the hash queue, by what became of them.',
    type: 'counter',
  },
  countersign_password_hashes_waiting: {
    help: 'Passwords that wait for a hash thread.',
    type: 'gauge',
    among: 'sum',
  },
  countersign_password_hashes_running: { help: 'Hash threads at work.', type: 'gauge', among: 'sum' },
  countersign_revocation_age_seconds: {
    help: 'Age of what is known of revocations, since the last answered question was asked.',
    type: 'gauge',
    among: 'most',
  },
  countersign_revocation_stale: {
    help: '1 while requests are refused for lack of fresh revocations.',
    type: 'gauge',
    among: 'most',
  },
  countersign_revocations: {
    help: 'Revocations in memory.',
    type: 'gauge',
    among: 'most',
  },
  countersign_revocations_overfull: {
    help: '1 while there are more than fit: none is dropped, and some credentials are refused by mistake.',
    type: 'gauge',
    among: 'most',
  },
  countersign_revocation_push_off: {
    help: '1 while neither PostgreSQL nor Redis carries news of revocations: they come with the next question.',
    type: 'gauge',
    among: 'most',
  },
  countersign_limits_apart: {
    help: '1 while this process counts its share of the limits by itself, for Redis is away or late.',
    type: 'gauge',
    among: 'most',
  },
  countersign_signing_keys: {
    help: 'Signing keys by use and phase.',
    type: 'gauge',
    among: 'most',
  },
  countersign_signing_key_age_seconds: {
    help: 'How long the key of each use has been signing, the oldest where there are several.',
    type: 'gauge',
    among: 'most',
  },
  countersign_database_statements_waiting: {
    help: 'Statements that wait for a connection (PostgreSQL).',
    type: 'gauge',
    among: 'sum',
  },
  countersign_database_statements_working: {
    help: 'Statements and transactions that wait for or hold a connection (PostgreSQL).',
    type: 'gauge',
    among: 'sum',
  },
  countersign_rows_removed_total: {
    help: 'Rows past their use that housekeeping removed.',
    type: 'counter',
  },
  countersign_rows_left: {
    help: 'Rows past their use that were still there after the last housekeeping, once a minute.',
    type: 'gauge',
    among: 'most',
  },
  countersign_processes: { help: 'Processes that share the port.', type: 'gauge', among: 'sum' },
  countersign_processes_wanted: {
    help: 'Processes that are to share it.',
    type: 'gauge',
    among: 'most',
  },
  process_resident_memory_bytes: { help: 'Resident memory size in bytes.', type: 'gauge', among: 'sum' },
  process_cpu_seconds_total: {
    help: 'Total user and system CPU time spent in seconds.',
    type: 'counter',
  },
  process_start_time_seconds: {
    help: 'Start time of the process since unix epoch in seconds.',
    type: 'gauge',
    among: 'most',
  },
} as const satisfies Readonly<Record<string, Family>>

export type MetricName = keyof typeof FAMILIES

/** Numbers by series, each named as in the text format: `countersign_grants_total{grant="password"}`. */
export type Samples = ReadonlyMap<string, number>

/** The name of a series. Values of labels are ours, never of a request, and need no escaping. */
export function seriesOf(
  name: MetricName | `${MetricName}_${'bucket' | 'sum' | 'count'}`,
  labels: Readonly<Record<string, string>> = {},
): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`
}

const PART_OF_HISTOGRAM = /_(bucket|sum|count)$/

/** The metric that a series is of. */
export function familyOf(series: string): readonly [MetricName, Family] | undefined {
  const [name = ''] = series.split('{', 1)
  const plain = name in FAMILIES ? name : name.replace(PART_OF_HISTOGRAM, '')
  return plain in FAMILIES ? [plain as MetricName, FAMILIES[plain as MetricName]] : undefined
}

/** The text format of Prometheus, version 0.0.4. */
export function prometheusText(samples: Samples): string {
  const lines = new Map<string, string[]>(Object.keys(FAMILIES).map((name) => [name, []]))
  for (const [series, value] of samples) {
    const [name] = familyOf(series) ?? []
    if (name !== undefined) lines.get(name)?.push(`${series} ${value}`)
  }
  const families: [string, Family][] = Object.entries(FAMILIES)
  const text = families.flatMap(([name, { help, type }]) => {
    const found = lines.get(name) ?? []
    return found.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...found]
  })
  return `${text.join('\n')}\n`
}
