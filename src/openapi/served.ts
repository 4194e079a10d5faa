import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { HeaderValues } from '../http/headers.ts'
import type { Reply } from '../http/reply.ts'
import type { HttpRequest } from '../model/http-request.ts'

/** Something that is sent as it is, and need not be sent again while its tag is the same. */
export interface Served {
  readonly mediaType: string
  /** An entity tag made from the content (RFC 9110 section 8.8.3). */
  readonly tag: string
  readonly body: () => string | ReadableStream<Uint8Array>
}

export function servedText(mediaType: string, text: string): Served {
  return { mediaType, tag: tagOf(createHash('sha256').update(text)), body: () => text }
}

/** A file that is large, and read from the disk again each time: it is wanted rarely, and memory always. */
export async function servedFile(mediaType: string, path: string): Promise<Served> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path)) hash.update(part)
  return { mediaType, tag: tagOf(hash), body: () => ReadableStream.from(partsOf(path)) }
}

/** Opens the file with the first read, so that an answer whose body nobody reads leaves nothing open. */
async function* partsOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path)
}

function tagOf(hash: ReturnType<typeof createHash>): string {
  return `"${hash.digest('base64url').slice(0, 22)}"`
}

/** The answer: 304 to whoever has it already. Caches may keep it, and ask each time whether it still holds. */
export function serve(
  request: HttpRequest,
  { mediaType, tag, body }: Served,
  headers: HeaderValues = {},
): Reply {
  const always = { ...headers, 'Cache-Control': 'no-cache', ETag: tag }
  if (knows(request.headers.get('if-none-match'), tag)) return { status: 304, headers: always, body: null }
  return { status: 200, headers: { ...always, 'Content-Type': mediaType }, body: body() }
}

/** Weak comparison, as If-None-Match wants it (RFC 9110 section 13.1.2). */
function knows(condition: string | null, tag: string): boolean {
  if (condition === null) return false
  return condition.split(',').some((one) => ['*', tag].includes(one.trim().replace(/^W\//, '')))
}
