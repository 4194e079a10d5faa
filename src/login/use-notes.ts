/** Takes note of uses on the request path, and writes them down later, all at once. */
export interface UseNotes<Use> {
  readonly note: (use: Use) => void
  /** Rises with every writing down: a use that was noted in this round need not be noted again. */
  readonly round: number
  start(): void
  /** Writes down what was noted. */
  stop(): Promise<void>
}

const WRITE_MILLISECONDS = 60_000
/**
 * Past so many they are written before the time. Several times what credentials remember: whoever has as many keys in use as
 * this would write a row a request.
 */
const MOST_NOTED = 100_000
/** Written in one transaction: more would hold up whoever else writes. */
const TOGETHER = 1000

/** One note for each id is enough: the last one. A write that fails is reported, and worth no retry. */
export function createUseNotes<Use extends { readonly id: string }>(
  write: (uses: readonly Use[]) => Promise<void>,
  report: (error: unknown) => void,
): UseNotes<Use> {
  const uses = new Map<string, Use>()
  let round = 0
  let timer: NodeJS.Timeout | undefined
  const writeDown = async (): Promise<void> => {
    if (uses.size === 0) return
    const noted = [...uses.values()]
    uses.clear()
    round += 1
    for (let at = 0; at < noted.length; at += TOGETHER) {
      await write(noted.slice(at, at + TOGETHER)).catch(report)
    }
  }
  return {
    get round() {
      return round
    },
    note(use) {
      uses.set(use.id, use)
      if (uses.size >= MOST_NOTED) void writeDown()
    },
    start() {
      timer ??= setInterval(() => void writeDown(), WRITE_MILLISECONDS).unref()
    },
    async stop() {
      clearInterval(timer)
      timer = undefined
      await writeDown()
    },
  }
}
