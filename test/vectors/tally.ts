/** What became of the cases of one run. */
export interface Tally {
  passed: number
  readonly failures: string[]
  /** Cases nobody was asked about, by the reason. */
  readonly skipped: Map<string, number>
}

export const emptyTally = (): Tally => ({ passed: 0, failures: [], skipped: new Map() })

/** Takes note of the cases of one file. */
export interface Report {
  /** A case that has to come out true; `why` is what a miss is printed with. */
  check(id: string | number, holds: boolean, why?: string): void
  skip(reason: string, cases?: number): void
}

export function reportInto(tally: Tally, file: string): Report {
  return {
    check(id, holds, why = '') {
      if (holds) tally.passed++
      else tally.failures.push(`${file} ${id}: ${why}`)
    },
    skip(reason, cases = 1) {
      tally.skipped.set(reason, (tally.skipped.get(reason) ?? 0) + cases)
    },
  }
}

/** A kind of case file. */
export interface Kind {
  readonly name: string
  /** By what is in it, not by its name: files of the same kind may be called anything. */
  recognises(content: unknown): boolean
  run(content: unknown, report: Report): void | Promise<void>
}

/** Types a kind by what it recognises: nothing else is handed to `run`. */
export function kind<Content>(
  name: string,
  recognises: (content: Members) => boolean,
  run: (content: Content, report: Report) => void | Promise<void>,
): Kind {
  return {
    name,
    recognises: (content) => isMembers(content) && recognises(content),
    run: (content, report) => run(content as Content, report),
  }
}

export type Members = Readonly<Record<string, unknown>>

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

/** The first of a list, as something with members. */
export function firstOf(list: unknown): Members {
  const first: unknown = Array.isArray(list) ? list[0] : undefined
  return isMembers(first) ? first : {}
}
