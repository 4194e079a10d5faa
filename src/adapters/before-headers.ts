import type { OutgoingHttpHeader, ServerResponse } from 'node:http'

type WriteHead = (status: number, ...rest: unknown[]) => ServerResponse

/**
 * Looks at the headers of an answer of Node's when all that a handler says of them has been said, and before they are
 * sent: also those that are given to `writeHead` itself. May look again where something else is sent instead.
 */
export function beforeHeaders(response: ServerResponse, look: () => void): void {
  const writeHead = response.writeHead as WriteHead
  response.writeHead = function (this: ServerResponse, status: number, ...rest: unknown[]) {
    if (this.headersSent) return Reflect.apply(writeHead, this, [status, ...rest])
    const given = rest.find((part) => typeof part === 'object' && part !== null)
    for (const [name, value] of entriesOf(given)) this.setHeader(name, value)
    look()
    return Reflect.apply(writeHead, this, [status, ...rest.filter((part) => typeof part === 'string')])
  } as ServerResponse['writeHead']
}

/** As `writeHead` takes them: an object, or names and values in turn, where one name may stand several times. */
function entriesOf(given: unknown): Iterable<[string, OutgoingHttpHeader]> {
  if (!Array.isArray(given)) {
    return Object.entries((given ?? {}) as Record<string, OutgoingHttpHeader | undefined>).flatMap(
      ([name, value]) => (value === undefined ? [] : [[name, value] satisfies [string, OutgoingHttpHeader]]),
    )
  }
  const flat: unknown[] = given.flat()
  const found = new Map<string, string[]>()
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = String(flat[at]).toLowerCase()
    found.set(name, [...(found.get(name) ?? []), String(flat[at + 1])])
  }
  return [...found].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values])
}
