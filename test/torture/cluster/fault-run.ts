import { setTimeout as pause } from 'node:timers/promises'
import type { Ledger } from '../torture.ts'
import type { Fault } from './fault.ts'
import type { Probes } from './recovery.ts'
import { BOUND_MILLISECONDS, type Referee } from './referee.ts'

export interface FaultRunOptions {
  readonly referee: Referee
  readonly probes: Probes
  /** After each recovery, before the next fault. Milliseconds. */
  readonly calmMilliseconds: number
  readonly onCycle: (cycle: number) => void | Promise<void>
}

/** One fault so many times, under clients that go on with their work; and what it took until all was as before. */
export async function runFault<Place>(
  fault: Fault<Place>,
  place: Place,
  times: number,
  ledger: Ledger,
  { referee, probes, calmMilliseconds, onCycle }: FaultRunOptions,
): Promise<void> {
  const took: number[] = []
  const briefly = fault.isBrief
  referee.begin(ledger)
  // A machine that others use takes its time also where nothing is wrong.
  const usual = (await probes.untilNormal({ briefly })).milliseconds
  for (let cycle = 0; cycle < times; cycle += 1) {
    referee.rest()
    await fault.prepare?.(place)
    referee.begin(ledger, fault)
    await fault.begin(place, cycle, ledger)
    await pause(fault.lastsMilliseconds)
    await fault.end(place, cycle, ledger)
    referee.healed(performance.now(), usual)
    const { milliseconds, steps } = await probes.untilNormal({ briefly })
    took.push(milliseconds)
    referee.recovered(milliseconds, steps)
    // What was lost and is given back has its bound too, and is watched until then.
    const rest = fault.losesCommits ? BOUND_MILLISECONDS + 1000 : 0
    await pause(Math.max(calmMilliseconds, rest - milliseconds))
    ledger.note('cycles')
    await onCycle(cycle + 1)
  }
  const ordered = took.toSorted((a, b) => a - b)
  ledger.noteLargest('without a fault (ms)', usual)
  ledger.noteLargest('recovery, median (ms)', ordered[Math.floor(ordered.length / 2)] ?? 0)
  ledger.noteLargest('recovery, longest (ms)', ordered.at(-1) ?? 0)
}
