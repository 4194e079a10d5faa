/** What we write log lines with: pino, console-like loggers and most others fit. Facts first, sentence second. */
export interface Logger {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

const nothing = (): void => undefined

/** Keeps silent. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** Of log lines, the least severe that are written. */
export type LogLevel = (typeof LEVELS)[number] | 'silent'

const MOST_IN_A_SECOND = 10

/**
 * For who names no logger, so that what fails in the background is not lost: on standard error, where it is nobody's output,
 * and a few lines a second, for writing there makes the process wait. Facts are inspected, which escapes control characters.
 */
export function consoleLogger(level: LogLevel, elapsed = (): number => performance.now()): Logger {
  const least = level === 'silent' ? LEVELS.length : LEVELS.indexOf(level)
  let second = 0
  let lines = 0
  const write = (facts: object, message: string): void => {
    const now = Math.floor(elapsed() / 1000)
    if (now !== second) {
      if (lines > MOST_IN_A_SECOND) console.error(`countersign: … and ${lines - MOST_IN_A_SECOND} more lines`)
      second = now
      lines = 0
    }
    lines += 1
    if (lines > MOST_IN_A_SECOND) return
    if (Object.keys(facts).length === 0) console.error(`countersign: ${message}`)
    else console.error(`countersign: ${message}`, facts)
  }
  const at = (one: (typeof LEVELS)[number]) => (LEVELS.indexOf(one) >= least ? write : nothing)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
