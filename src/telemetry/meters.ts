import type { RefreshVerdict } from '../model/refresh-decision.ts'
import { type Samples, seriesOf } from './metrics.ts'

/** A route as far as its numbers name it; one object for each, kept by the table it stands in. */
export interface MeteredRoute {
  readonly method: string
  readonly path: string
}

/** What this process has counted of its answers, grants and refreshes. Nothing here waits or throws. */
export interface Meters {
  /** Undefined for what no route was found for. */
  answered(route: MeteredRoute | undefined, status: number, milliseconds: number): void
  granted(grant: string): void
  refreshed(verdict: RefreshVerdict): void
  /** What a round of housekeeping removed, and how much past its use is still there. */
  cleaned(rows: number, left: number): void
  samples(): Samples
}

const BUCKETS_SECONDS = [0.005, 0.025, 0.1, 0.5, 2.5]

interface Answers {
  readonly statuses: Map<number, number>
  /** By the smallest bucket that each is in. */
  readonly buckets: number[]
  count: number
  seconds: number
}

const VERDICTS: readonly RefreshVerdict[] = [
  'rotate',
  'repeat',
  'late_repeat',
  'ahead',
  'hold',
  'reuse',
  'expired',
  'ended',
  'unknown',
]

const NO_ROUTE: MeteredRoute = { method: '', path: '' }

/** Counters begin at zero, for the first step of one that appears with it is seen by nobody who looks for increases. */
export function createMeters(grants: readonly string[]): Meters {
  const answers = new Map<MeteredRoute, Answers>()
  const granted = new Map(grants.map((grant) => [grant, 0]))
  const refreshed = new Map(VERDICTS.map((verdict) => [verdict, 0]))
  let removed = 0
  let left = 0

  return {
    answered(route = NO_ROUTE, status, milliseconds) {
      let of = answers.get(route)
      if (of === undefined) {
        of = { statuses: new Map(), buckets: BUCKETS_SECONDS.map(() => 0), count: 0, seconds: 0 }
        answers.set(route, of)
      }
      const seconds = milliseconds / 1000
      of.statuses.set(status, (of.statuses.get(status) ?? 0) + 1)
      of.count += 1
      of.seconds += seconds
      const bucket = BUCKETS_SECONDS.findIndex((most) => seconds <= most)
      if (bucket !== -1) of.buckets[bucket] = (of.buckets[bucket] ?? 0) + 1
    },
    granted(grant) {
      granted.set(grant, (granted.get(grant) ?? 0) + 1)
    },
    refreshed(verdict) {
      refreshed.set(verdict, (refreshed.get(verdict) ?? 0) + 1)
    },
    cleaned(rows, rowsLeft) {
      removed += rows
      left = rowsLeft
    },
    samples() {
      const samples = new Map<string, number>()
      for (const [{ method, path }, of] of answers) {
        const route = method === '' ? 'none' : `${method} ${path}`
        for (const [status, count] of of.statuses) {
          samples.set(seriesOf('countersign_requests_total', { route, status: String(status) }), count)
        }
        let below = 0
        BUCKETS_SECONDS.forEach((most, index) => {
          below += of.buckets[index] ?? 0
          samples.set(seriesOf('countersign_request_seconds_bucket', { route, le: String(most) }), below)
        })
        samples.set(seriesOf('countersign_request_seconds_bucket', { route, le: '+Inf' }), of.count)
        samples.set(seriesOf('countersign_request_seconds_sum', { route }), of.seconds)
        samples.set(seriesOf('countersign_request_seconds_count', { route }), of.count)
      }
      for (const [grant, count] of granted) {
        samples.set(seriesOf('countersign_grants_total', { grant }), count)
      }
      for (const [verdict, count] of refreshed) {
        samples.set(seriesOf('countersign_refreshes_total', { verdict }), count)
      }
      samples.set(seriesOf('countersign_rows_removed_total'), removed)
      samples.set(seriesOf('countersign_rows_left'), left)
      return samples
    },
  }
}
