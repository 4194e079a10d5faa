/** How many tests ended how. Suites (`describe`) are not counted. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 }

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/** True if at least one test really ran. */
export function ranAny({ passed, failed }: Counts): boolean {
  return passed + failed > 0
}

/** The last lines of a run. The very last is alone on its line, for programs that read it. */
export function closingLines({ passed, failed, skipped }: Counts): string {
  return `${skipped > 0 ? `${skipped} skipped\n` : ''}${passed} passed, ${failed} failed\n`
}
