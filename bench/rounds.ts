/** One way to do the work: the pieces from here to there. */
export type Contender = (from: number, to: number) => unknown | Promise<unknown>

export interface TurnsOptions {
  /** Pieces of work in a round. */
  readonly count: number
  readonly rounds: number
  readonly warmUp?: number
  /** Pieces that are timed at once: few, so that some are done without anybody getting between. */
  readonly slice: number
}

/**
 * Lets contenders take turns, round by round; answers with the microseconds of one piece. Of each slice of the work its
 * best time counts, over all rounds: whatever else runs on the machine only ever adds.
 */
export async function takeTurns<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { count, rounds, warmUp = 2, slice }: TurnsOptions,
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(contenders) as Name[]
  const slices = Math.ceil(count / slice)
  const best = new Map(names.map((name) => [name, new Float64Array(slices).fill(Number.POSITIVE_INFINITY)]))
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const times = best.get(name) ?? new Float64Array(slices)
      for (let index = 0; index < slices; index++) {
        const from = index * slice
        const started = performance.now()
        const outcome = contenders[name](from, Math.min(from + slice, count))
        if (outcome instanceof Promise) await outcome
        const took = performance.now() - started
        if (round >= 0 && took < (times[index] ?? 0)) times[index] = took
      }
    }
  }
  const microseconds = names.map((name) => {
    const total = best.get(name)?.reduce((sum, time) => sum + time, 0) ?? 0
    return [name, (total * 1000) / count]
  })
  return Object.fromEntries(microseconds)
}
