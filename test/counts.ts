/**
 * How often a test repeats something random, by the kind of run: `npm test` (quick), `npm run test:full` (full, sized
 * for CI), `npm run test:full -- --long` (hours).
 */
export interface Repetitions {
  readonly quick: number
  readonly full: number
  readonly long: number
}

/** The number for the run we are in; a test file that is run by hand is a quick one. */
export function countOf(repetitions: Repetitions): number {
  const kind = process.env.COUNTERSIGN_TEST_COUNTS
  return kind === 'full' || kind === 'long' ? repetitions[kind] : repetitions.quick
}
