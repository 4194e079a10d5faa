import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { disagreements, histories } from './model/commands.ts'
import { createDecisionSubject } from './model/decision-subject.ts'
import { BUILT_IN } from './model/endings.ts'
import { createIssuerSubject } from './model/issuer-subject.ts'
import type { Limits } from './model/oracle.ts'
import type { Subject } from './model/subject.ts'
import { World } from './model/world.ts'
import type { Attempt, Torture } from './torture.ts'

const DAY = 86_400_000
const HISTORIES_PER_TURN = 100
const MODES = [
  { windowMilliseconds: 10_000, onReuse: 'session' },
  { windowMilliseconds: 0, onReuse: 'session' },
  { windowMilliseconds: 10_000, onReuse: 'user' },
] as const

/** Plays random histories, shrinks the first that goes wrong, and puts it in words. */
export async function play(attempt: Attempt, create: (limits: Limits) => Promise<Subject>): Promise<void> {
  let played = 0
  for (const [mode, { windowMilliseconds, onReuse }] of MODES.entries()) {
    const limits = { windowMilliseconds, onReuse, idleMilliseconds: 7 * DAY, lifeMilliseconds: 30 * DAY }
    const property = fc.asyncProperty(histories(windowMilliseconds), async (commands) => {
      const subject = await create(limits)
      const tally: Record<string, number> = {}
      try {
        await fc.asyncModelRun(async () => {
          const world = new World(tally)
          for (const user of [0, 1]) {
            const beginning = { user, client: BUILT_IN, origin: 'sign-in' } as const
            await subject.start(world.begin(beginning, subject), beginning)
          }
          return { model: world, real: subject }
        }, commands)
      } finally {
        await subject.close()
        for (const [what, times] of Object.entries(tally)) attempt.note(what, times)
      }
      attempt.progress(++played)
      // None of this waits for anything outside of the process, and whoever wants to cut it off has to be heard.
      if (played % HISTORIES_PER_TURN === 0) await nextTurn()
    })
    const numRuns = Math.ceil(attempt.count / MODES.length)
    const examples = disagreements.map((commands): [Iterable<fc.AsyncCommand<World, Subject>>] => [commands])
    const report = await fc.check(property, {
      numRuns: numRuns + examples.length,
      // Other histories for each.
      seed: attempt.seed + mode,
      examples,
      endOnFailure: false,
    })
    if (report.failed) {
      attempt.violation(
        `window ${windowMilliseconds} ms, reuse ends the ${onReuse}, seed ${report.seed}, path ${report.counterexamplePath}: ` +
          `${report.counterexample} ${report.errorInstance}`,
      )
    }
  }
}

export const model: Torture = {
  name: 'model',
  title: 'B1, B2, B3: in random histories the issuer does what the plain model of the promise says',
  counts: { quick: 40, full: 2000, long: 100_000 },
  run: (attempt) => play(attempt, createIssuerSubject),
}

export const decision: Torture = {
  name: 'decision',
  title: 'B1, B3: in random histories decideRefresh does what the plain model of the promise says',
  counts: { quick: 2000, full: 20_000, long: 1_000_000 },
  run: (attempt) => play(attempt, createDecisionSubject),
}
