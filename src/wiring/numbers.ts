import { catalogue } from '../errors/codes.ts'
import { type MetricName, type Samples, seriesOf } from '../telemetry/metrics.ts'
import type { Ground } from './ground.ts'
import type { Knowledge } from './knowledge.ts'
import type { SignIn } from './sign-in.ts'
import type { Telemetry } from './telemetry.ts'

interface Numbered {
  readonly ground: Pick<Ground, 'store' | 'options'>
  readonly knowledge: Pick<Knowledge, 'keys' | 'feed' | 'state'>
  readonly signIn: Pick<SignIn, 'hashes' | 'limiter'>
  readonly telemetry: Telemetry
}

/** Every number of this process, read where it is kept: nothing is asked of the database for it. */
export function readNumbers({ ground, knowledge, signIn, telemetry }: Numbered): Samples {
  const { keys, feed, state } = knowledge
  const { refusalLog, meters, node } = telemetry
  const samples = new Map<string, number>()
  const set = (name: MetricName, value: number, labels?: Readonly<Record<string, string>>): void => {
    samples.set(seriesOf(name, labels), value)
  }

  for (const [code, { group, clientCode }] of Object.entries(catalogue)) {
    const count = refusalLog.counts.get(code)
    // Causes in the service itself are waited for, and begin at zero: the first one is then an increase.
    if (count === undefined && group !== 'service') continue
    set('countersign_refusals_total', count ?? 0, { code, client_code: clientCode, group })
  }
  set('countersign_refusals_not_described_total', refusalLog.left)
  for (const [series, value] of meters.samples()) samples.set(series, value)

  const { answered, refused, lost, waiting, running } = signIn.hashes.stats()
  for (const [result, count] of Object.entries({ answered, refused, lost })) {
    set('countersign_password_hashes_total', count, { result })
  }
  set('countersign_password_hashes_waiting', waiting)
  set('countersign_password_hashes_running', running)

  // Before the first answer there is none; that it is stale tells so.
  const age = feed.age()
  if (Number.isFinite(age)) set('countersign_revocation_age_seconds', age / 1000)
  set('countersign_revocation_stale', Number(feed.isStale()))
  set('countersign_revocations', state.size)
  set('countersign_revocations_overfull', Number(state.isOverfull))
  set('countersign_revocation_push_off', Number(!feed.pushWorks()))
  set('countersign_limits_apart', Number(signIn.limiter.isApart))

  const ring = keys.ring.stored
  for (const use of ['access', 'id'] as const) {
    for (const phase of ['next', 'active', 'retiring', 'revoked'] as const) {
      const some = ring.keys.filter((key) => key.use === use && key.phase === phase)
      set('countersign_signing_keys', some.length, { use, phase })
    }
    // Of ID tokens each algorithm has a key that signs: the older one tells whether rotation goes on.
    const active = ring.keys.filter((key) => key.use === use && key.phase === 'active')
    if (active.length > 0) {
      const since = Math.min(...active.map(({ phaseAt }) => phaseAt))
      set('countersign_signing_key_age_seconds', (ring.now - since) / 1000, { use })
    }
  }

  const load = ground.store.load?.()
  if (load !== undefined) {
    set('countersign_database_statements_waiting', load.waiting)
    set('countersign_database_statements_working', load.working)
  }

  const { user, system } = process.cpuUsage()
  set('countersign_processes', 1)
  set('countersign_processes_wanted', ground.options.processes?.count ?? 1)
  set('process_resident_memory_bytes', process.memoryUsage.rss())
  set('process_cpu_seconds_total', (user + system) / 1e6)
  set('process_start_time_seconds', node.startedAt)
  return samples
}
