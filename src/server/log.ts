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
  return pino(options, out ?? standardOutput())
}

/** Lines that wait where none can be written; those beyond are lost. */
const MOST_WAITING_BYTES = 1024 * 1024

/**
 * The file behind stdout, and at an exit what is left for it. On a disk that is full the server goes on: by itself pino ends
 * the process, and in that tries for ever to write the last lines.
 */
function standardOutput(): DestinationStream {
  const out = pino.destination({ sync: false, maxLength: MOST_WAITING_BYTES })
  const { flushSync } = out
  let isStuck = false
  out.on('error', () => {
    isStuck = true
  })
  out.on('write', () => {
    isStuck = false
  })
  out.flushSync = () => {
    if (!isStuck) flushSync.call(out)
  }
  return out
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
