import { startAgain } from '../../nodes/start-again.ts'
import type { ClusterPlace } from '../cluster-place.ts'
import { type Fault, OFTEN, PAST_THE_BOUND_MILLISECONDS } from '../fault.ts'
import { setClock } from './clocks.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND

const victim = ({ nodes }: ClusterPlace, cycle: number) => {
  const node = nodes[cycle % nodes.length]
  if (node === undefined) throw new Error('there is no node')
  return node
}

/** Killed in the middle of its work, and started again. */
const kill: Fault<ClusterPlace> = {
  name: 'node-kill',
  counts: { quick: 1, full: 20, long: 1000 },
  lastsMilliseconds: 200,
  begin: (place, cycle) => victim(place, cycle).kill(),
  end: (place, cycle, ledger) => startAgain(victim(place, cycle), () => ledger.note('starts repeated')),
}

/** Stands still for longer than its knowledge is good for, as a machine does that swaps or is moved. */
const pause: Fault<ClusterPlace> = {
  name: 'node-pause',
  counts: OFTEN,
  lastsMilliseconds: PAST_THE_BOUND_MILLISECONDS,
  begin: async (place, cycle) => victim(place, cycle).pause(),
  end: async (place, cycle) => victim(place, cycle).resume(),
}

/** Ahead and behind by turns: every token is good there all the time. */
const offset: Fault<ClusterPlace> = {
  name: 'clock-3s',
  counts: { quick: 1, full: 2, long: 50 },
  lastsMilliseconds: 3 * SECOND,
  begin: (place, cycle) => setClock(victim(place, cycle), (cycle % 2 === 0 ? 3 : -3) * SECOND),
  end: (place, cycle) => setClock(victim(place, cycle), 0),
}

/** Ahead and behind by turns, then right again. */
const jump: Fault<ClusterPlace> = {
  name: 'clock-hour',
  counts: { quick: 1, full: 2, long: 50 },
  lastsMilliseconds: PAST_THE_BOUND_MILLISECONDS,
  begin: (place, cycle) => setClock(victim(place, cycle), (cycle % 2 === 0 ? 1 : -1) * HOUR),
  end: (place, cycle) => setClock(victim(place, cycle), 0),
}

export const nodeFaults = [kill, pause, offset, jump]
