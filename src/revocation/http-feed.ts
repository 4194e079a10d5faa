import { type Random, randomSecret } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { createRevocationFeed, type RevocationFeed, type RevocationFeedOptions } from './feed.ts'
import { LONGEST_WAIT_MILLISECONDS, readFeedDocument, writeFeedQuestion } from './feed-document.ts'
import type { RevocationAnswer, RevocationSource } from './source.ts'

export interface HttpSourceOptions {
  /** Of the issuer's feed. That it is https is checked where it is configured. */
  readonly url: string
  readonly fetch: typeof fetch
  /** The value of the `Authorization` header: the feed is for clients the issuer knows. */
  readonly authorization: () => string | Promise<string>
  readonly random: Random
  /** How long a question may wait at the issuer for something new. */
  readonly waitMilliseconds: number
  /** An answer with a million entries has some 80 MB. */
  readonly mostBytes?: number
}

export interface HttpFeedOptions
  extends Omit<RevocationFeedOptions, 'revocations'>,
    Omit<HttpSourceOptions, 'waitMilliseconds'> {}

const NONCE_BYTES = 16
const DEFAULT_MOST_BYTES = 128 * 1024 * 1024
const DEFAULT_MAX_STALENESS_MILLISECONDS = 5000
const LONGEST_TIME_LIMIT_MILLISECONDS = 5000

/**
 * The feed of a service that only verifies: the same rules, with a node of the issuer in place of the database. A wait
 * and a failed question together stay within the staleness allowed, so that one lost answer closes nothing.
 */
export function createHttpRevocationFeed(options: HttpFeedOptions): RevocationFeed {
  const { url, fetch, authorization, random, mostBytes, ...feedOptions } = options
  const third = (feedOptions.maxStalenessMilliseconds ?? DEFAULT_MAX_STALENESS_MILLISECONDS) / 3
  const waitMilliseconds = Math.min(third, LONGEST_WAIT_MILLISECONDS)
  const source = { url, fetch, authorization, random, waitMilliseconds }
  return createRevocationFeed({
    intervalMilliseconds: waitMilliseconds,
    timeLimitMilliseconds: Math.min(2 * third, LONGEST_TIME_LIMIT_MILLISECONDS),
    ...feedOptions,
    revocations: httpRevocations(mostBytes === undefined ? source : { ...source, mostBytes }),
  })
}

/** Asks a node of the issuer by long poll. Every question carries a nonce, so that no cache can answer it. */
export function httpRevocations(options: HttpSourceOptions): RevocationSource {
  const { url, fetch, authorization, random, mostBytes = DEFAULT_MOST_BYTES } = options
  let answeredLast = false
  return {
    waits: true,
    async pull(cursor, { census = false, signal } = {}) {
      // After a failure the knowledge is old already: then there is no time to wait for news.
      const mayWait = answeredLast && cursor !== undefined && !census
      const waitMilliseconds = mayWait ? options.waitMilliseconds : 0
      answeredLast = false
      const nonce = randomSecret(random, NONCE_BYTES)
      const target = new URL(url)
      target.search = writeFeedQuestion({ nonce, cursor, waitMilliseconds, census }).toString()
      const response = await fetch(target, {
        headers: { accept: 'application/json', authorization: await authorization() },
        redirect: 'error',
        cache: 'no-store',
        ...(signal === undefined ? {} : { signal }),
      })
      const answer = await readAnswer(response, nonce, mostBytes)
      answeredLast = true
      return answer
    },
  }
}

async function readAnswer(response: Response, nonce: string, mostBytes: number): Promise<RevocationAnswer> {
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new AuthError('DENYLIST_DOWN', { details: { status: response.status } })
  }
  const answer = readFeedDocument(parse(await readText(response, mostBytes)), nonce)
  if (answer === undefined)
    throw new AuthError('DENYLIST_DOWN', { details: { problem: 'not an answer of a feed' } })
  return answer
}

async function readText(response: Response, mostBytes: number): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.byteLength
    if (bytes > mostBytes)
      throw new AuthError('DENYLIST_DOWN', { details: { problem: 'too large', mostBytes } })
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
