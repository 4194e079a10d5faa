import { systemRandom } from '../../src/base/random.ts'
import type { RevocationFeed } from '../../src/revocation/feed.ts'
import { createFeedAnswers } from '../../src/revocation/feed-answers.ts'
import { readFeedQuestion } from '../../src/revocation/feed-document.ts'
import { createHttpRevocationFeed, type HttpFeedOptions } from '../../src/revocation/http-feed.ts'
import { createRevocationState } from '../../src/revocation/state.ts'
import type { FeedBench } from './feed-bench.ts'

export type Handler = (request: Request) => Promise<Response>

export interface Verifier {
  readonly feed: RevocationFeed
  /** The requests as they left the verifier. */
  readonly requests: Request[]
  /** What lies between verifier and node; passes everything on unless a test puts something else here. */
  between: (request: Request, node: Handler) => Promise<Response>
}

/** A verifier that asks the node of a bench over a wire that a test can cut, slow down and falsify. */
export function createVerifier(bench: FeedBench, options: Partial<HttpFeedOptions> = {}): Verifier {
  const { clock, schedule } = bench.hand
  const answers = createFeedAnswers({ revocations: bench.database, feed: bench.feed, clock, schedule })
  const node: Handler = async (request) => {
    const question = readFeedQuestion(new URL(request.url).searchParams)
    if (question === undefined) return new Response('', { status: 400 })
    if (request.headers.get('authorization') !== 'Basic dmVyaWZpZXI6c2VjcmV0')
      return new Response('', { status: 401 })
    try {
      return Response.json(await answers.answer(question, request.signal))
    } catch {
      return new Response('', { status: 503 })
    }
  }
  const requests: Request[] = []
  const verifier: Verifier = {
    requests,
    between: (request, node) => node(request),
    feed: createHttpRevocationFeed({
      url: 'https://issuer.example/revocations',
      fetch: (input, init) => {
        const request = new Request(input, init)
        requests.push(request)
        return verifier.between(request, node)
      },
      authorization: () => 'Basic dmVyaWZpZXI6c2VjcmV0',
      random: systemRandom,
      state: createRevocationState({ clock, random: systemRandom }),
      clock,
      schedule,
      ...options,
    }),
  }
  return verifier
}

/** The wire loses what is sent, as a network does that drops packets: no answer, and no error. */
export const lose = (request: Request): Promise<Response> =>
  new Promise((_, reject) => {
    request.signal.addEventListener('abort', () => reject(request.signal.reason))
  })
