import type { Exchange } from '../evidence.ts'
import { isCurlCommand, readCurlCommand } from './curl-command.ts'
import { isCurlVerbose, readCurlVerbose } from './curl-verbose.ts'
import { readHar } from './har.ts'
import { unmasked } from './mask.ts'
import { readRaw } from './raw-message.ts'

/** Rules compare calls with each other: more than these are no answer to a question. */
const MOST_CALLS = 5000

/**
 * Reads what people have of a call: a HAR file, `curl -v` output, a curl command, or a raw request and answer. Throws an
 * Error with a plain sentence where it is none of these.
 */
export function readExchanges(text: string): readonly Exchange[] {
  const trimmed = text.trim()
  const exchanges = readAny(trimmed)
  if (exchanges.length > MOST_CALLS)
    throw new Error(
      `It holds ${exchanges.length} calls: leave those around the refusal, at most ${MOST_CALLS}.`,
    )
  return exchanges.map(unmasked)
}

function readAny(text: string): readonly Exchange[] {
  if (text.startsWith('{')) return readHar(text)
  if (isCurlVerbose(text)) return readCurlVerbose(text)
  if (isCurlCommand(text)) return [{ as_sent: readCurlCommand(text) }]
  const raw = readRaw(text)
  if (raw !== undefined) return [raw]
  throw new Error('This is no HAR file, no output of `curl -v`, no curl command and no raw HTTP request.')
}
