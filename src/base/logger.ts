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
