import { type Random, randomSecret } from '../base/random.ts'
import { backgroundTimer, type Schedule } from '../base/schedule.ts'
import { AuthError } from '../errors/auth-error.ts'
import { createRevocationFeed, type RevocationFeed, type RevocationFeedOptions } from './feed.ts'
import {
  type FeedQuestion,
  LONGEST_WAIT_MILLISECONDS,
  readFeedDocument,
  writeFeedQuestion,
} from './feed-document.ts'
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
  /**
   * How long an answer with everything may take to begin; twice as long after each time that none began, for it may be a
   * large one. What has begun is a matter of the feed's own limits.
   */
  readonly silenceMilliseconds?: number
  readonly schedule?: Schedule
  /** An answer with a million entries has some 80 MB. */
  readonly mostBytes?: number
}

export interface HttpFeedOptions
  extends Omit<RevocationFeedOptions, 'revocations'>,
    Omit<HttpSourceOptions, 'waitMilliseconds' | 'silenceMilliseconds' | 'schedule'> {}

const NONCE_BYTES = 16
const DEFAULT_MOST_BYTES = 128 * 1024 * 1024
const DEFAULT_MAX_STALENESS_MILLISECONDS = 5000
const LONGEST_TIME_LIMIT_MILLISECONDS = 5000

/**
 * The feed of a service that only verifies: the same rules, with a node of the issuer in place of the database. A wait
 * and a failed question together stay within the staleness allowed, so that one lost answer closes nothing, and a second one
 * for a moment.
 */
export function createHttpRevocationFeed(options: HttpFeedOptions): RevocationFeed {
  const { url, fetch, authorization, random, mostBytes, ...feedOptions } = options
  const { maxStalenessMilliseconds = DEFAULT_MAX_STALENESS_MILLISECONDS } = feedOptions
  // What is left is for the pause before the next question, and for its answer.
  const waitMilliseconds = Math.min(0.32 * maxStalenessMilliseconds, LONGEST_WAIT_MILLISECONDS)
  const timeLimitMilliseconds = Math.min(0.6 * maxStalenessMilliseconds, LONGEST_TIME_LIMIT_MILLISECONDS)
  const source = {
    url,
    fetch,
    authorization,
    random,
    waitMilliseconds,
    silenceMilliseconds: timeLimitMilliseconds / 2,
    ...(feedOptions.schedule !== undefined && { schedule: feedOptions.schedule }),
  }
  return createRevocationFeed({
    intervalMilliseconds: waitMilliseconds,
    timeLimitMilliseconds,
    ...feedOptions,
    revocations: httpRevocations(mostBytes === undefined ? source : { ...source, mostBytes }),
  })
}

/** Asks a node of the issuer by long poll. Every question carries a nonce, so that no cache can answer it. */
export function httpRevocations(options: HttpSourceOptions): RevocationSource {
  const { url, fetch, authorization, random, mostBytes = DEFAULT_MOST_BYTES } = options
  const { silenceMilliseconds = Number.POSITIVE_INFINITY, schedule = backgroundTimer } = options
  let silences = 0
  /** What an answer of a node begins with. A question that is lost on its way is given up long before a large answer is. */
  const beginningOf = async (target: URL, init: RequestInit, most: number): Promise<Response> => {
    if (most === Number.POSITIVE_INFINITY) return fetch(target, init)
    const silence = new AbortController()
    const cancel = schedule(() => {
      silences += 1
      silence.abort(new AuthError('DENYLIST_DOWN', { details: { silentMilliseconds: most } }))
    }, most)
    const signals = [silence.signal, ...(init.signal ? [init.signal] : [])]
    try {
      return await fetch(target, { ...init, signal: AbortSignal.any(signals) })
    } finally {
      cancel()
    }
  }
  return {
    waits: true,
    async pull(cursor, { census = false, signal } = {}) {
      // Whoever asks for everything, as after a failure, has no time to wait for news.
      const waitMilliseconds = cursor !== undefined && !census ? options.waitMilliseconds : 0
      const nonce = randomSecret(random, NONCE_BYTES)
      const target = new URL(url)
      target.search = writeFeedQuestion({ nonce, cursor, waitMilliseconds, census }).toString()
      const init: RequestInit = {
        headers: { accept: 'application/json', authorization: await authorization() },
        // Not `error`, which workers do not know: a redirect is an answer that is not 200.
        redirect: 'manual',
        cache: 'no-store',
        ...(signal === undefined ? {} : { signal }),
      }
      const most = cursor === undefined ? silenceMilliseconds * 2 ** silences : Number.POSITIVE_INFINITY
      const response = await beginningOf(target, init, most)
      silences = 0
      return readAnswer(response, { nonce, cursor }, mostBytes)
    },
  }
}

async function readAnswer(
  response: Response,
  { nonce, cursor }: Pick<FeedQuestion, 'nonce' | 'cursor'>,
  mostBytes: number,
): Promise<RevocationAnswer> {
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new AuthError('DENYLIST_DOWN', { details: { status: response.status }, cause: whyNot(response) })
  }
  const answer = readFeedDocument(parse(await readText(response, mostBytes)), nonce)
  // Whoever has asked for everything knows nothing: what is only new would pass for all there is (PROTOCOL 2.8).
  if (answer === undefined || (cursor === undefined && !answer.complete))
    throw new AuthError('DENYLIST_DOWN', { details: { problem: 'not an answer of a feed' } })
  return answer
}

/** For the log: who reads there that the source does not answer looks at the network first. */
function whyNot({ status }: Response): Error {
  const isNotLetIn = status === 401 || status === 403
  const why = isNotLetIn
    ? ': clientId and clientSecret are not those of a client with the scope revocations:read'
    : ''
  return new Error(`the issuer answered ${status}${why}`)
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
