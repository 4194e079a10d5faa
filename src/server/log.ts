import { styleText } from 'node:util'
import { type DestinationStream, pino } from 'pino'
import type { Logger, LogLevel } from '../base/logger.ts'

/** Whatever ends up in a log line by mistake under one of these names is not written. */
const REDACTED = ['password', 'secret', 'token', 'authorization', 'cookie', 'refresh_token', 'access_token']

/** JSON lines, or lines for people on a terminal. Control characters are escaped in both. */
export function createLogger(
  level: LogLevel,
  forPeople = process.stdout.isTTY,
  out?: NodeJS.WritableStream,
): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
  }
  if (forPeople) return pino(options, peopleStream(out ?? process.stdout))
  // By itself it writes to the file behind stdout at once, so that the last lines before an exit are not lost.
  return out === undefined ? pino(options) : pino(options, out)
}

const COLOURS = { debug: 'gray', info: 'cyan', warn: 'yellow', error: 'red' } as const

interface LogLine {
  readonly level: keyof typeof COLOURS
  readonly time: string
  readonly msg?: string
  readonly [fact: string]: unknown
}

/** `12:03:07 info refused code=TOKEN_EXPIRED path=/users/me` */
function peopleStream(out: NodeJS.WritableStream): DestinationStream {
  return {
    write(line) {
      const { level, time, msg = '', ...facts }: LogLine = JSON.parse(line)
      const parts = Object.entries(facts).map(([name, value]) => `${name}=${textOf(value)}`)
      const colour = COLOURS[level]
      const words = [
        styleText('gray', time.slice(11, 19)),
        styleText(colour, level.padEnd(5)),
        JSON.stringify(msg).slice(1, -1),
        styleText('gray', parts.join(' ')),
      ]
      out.write(`${words.join(' ')}\n`)
    },
  }
}

function textOf(value: unknown): string {
  const text = JSON.stringify(value)
  return /^"[\w./:@+-]*"$/.test(text) ? text.slice(1, -1) : text
}
