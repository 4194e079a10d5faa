import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endure } from '../torture.ts'
import type { Fault } from './fault.ts'
import { runFault } from './fault-run.ts'
import type { Probes } from './recovery.ts'
import { createReferee } from './referee.ts'

const USUAL_MILLISECONDS = 700

/** What is found where nodes take so long, before a fault and after each. */
async function findings(isTimed: boolean, afterMilliseconds: number, losesCommits?: true) {
  const fault: Fault<undefined> = {
    name: 'a fault',
    counts: { quick: 1, full: 1, long: 1 },
    lastsMilliseconds: 0,
    ...(losesCommits && { losesCommits }),
    begin: async () => undefined,
    end: async () => undefined,
  }
  let looks = 0
  const probes: Probes = {
    async untilNormal() {
      looks += 1
      return { milliseconds: looks === 1 ? USUAL_MILLISECONDS : afterMilliseconds, steps: 'node 1: sign-in' }
    },
  }
  const torture = {
    name: 'a torture',
    title: '',
    counts: fault.counts,
    run: (attempt: Parameters<Parameters<typeof endure>[0]['run']>[0]) =>
      runFault(fault, undefined, 1, attempt, {
        referee: createReferee({ isTimed: attempt.isTimed }),
        probes,
        calmMilliseconds: 0,
        onCycle: () => undefined,
      }),
  }
  return endure(torture, { count: 1, seed: 1, isTimed })
}

test('nodes that are back 5 s later than usual are found, also after a fail-over; where nothing is timed they are counted', async () => {
  const late = USUAL_MILLISECONDS + 5001
  for (const losesCommits of [undefined, true] as const) {
    const timed = await findings(true, late, losesCommits)
    assert.deepEqual(timed.violations, ['5001 ms after the end of the fault: back to normal node 1: sign-in'])
    const busy = await findings(false, late, losesCommits)
    assert.deepEqual(busy.violations, [])
    assert.equal(busy.notes['back to normal, later than 5 s after the fault'], 1)
  }
  assert.deepEqual((await findings(true, late - 1)).violations, [])
})
