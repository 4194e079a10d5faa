import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import type { Reply } from '../http/reply.ts'
import { anyone, needs } from '../model/access.ts'
import { uncounted } from '../model/rate.ts'
import { text } from '../model/text-field.ts'
import { LONGEST_WAIT_MILLISECONDS, readFeedQuestion } from '../revocation/feed-document.ts'
import { provenClientOf } from './client-request.ts'
import { json, type RouteContext, route } from './route.ts'

const SCOPE = 'revocations:read'
const mayRead = needs({ scopes: [SCOPE] })

const question = z.strictObject({
  nonce: text(64).meta({ description: 'Any value, new for each question; comes back in the answer.' }),
  cursor: text(500)
    .optional()
    .meta({ description: 'Of the last answer. Without one everything is answered.' }),
  wait: text(11)
    .optional()
    .meta({
      description: `How long to wait for something new: seconds, at most ${LONGEST_WAIT_MILLISECONDS / 1000}.`,
    }),
  census: z.enum(['true', 'false'], 'Must be `true` or `false`.').optional(),
})

const entry = z
  .object({
    kind: z.string().meta({ description: 'token, session, user, client, store, key or apikey.' }),
    ref: z.string(),
    least: z.int().optional().meta({ description: 'The least acceptable counter; absent: it has ended.' }),
    remaining: z.number().meta({ description: 'Seconds for which the entry still matters.' }),
  })
  .meta({ id: 'RevocationEntry' })

const feedDocument = z
  .object({
    nonce: z.string(),
    complete: z.boolean().meta({ description: 'Whether this is everything, and not only what is new.' }),
    cursor: z.string(),
    identity: z.string().meta({ description: 'Of the database: another value is another database.' }),
    age: z.number().meta({ description: 'Seconds since the node asked the database.' }),
    store_time: z.iso.datetime(),
    covered_life: z.number().meta({ description: 'Refuse tokens that live longer than so many seconds.' }),
    store_epoch: z.int(),
    ring_version: z.int(),
    entries: z.array(entry),
    census: z.object({ from: z.int(), count: z.int(), sum: z.int() }).optional(),
  })
  .meta({ id: 'RevocationFeed' })

/**
 * What has ended, for services that only verify (PROTOCOL 2.2): by long poll, with a nonce against caches, out of the
 * database itself, so that any node can go on where another left off. Who accepts an event stream gets hints to ask.
 */
export const revocations = route({
  method: 'GET',
  path: '/revocations',
  access: anyone,
  limit: uncounted(
    'refused, a service would close; the nodes of one share an address and ask at once when there is news',
  ),
  credential: { clientOrScope: SCOPE },
  tag: 'Revocations',
  style: 'problem',
  summary: 'What has ended',
  description:
    'Everything at first, then what is new since the cursor. With `Accept: text/event-stream` instead a stream of ' +
    'events called `hint`: each says that it is time to ask, carries nothing and proves nothing.\n\n' +
    `For clients that may ask for the scope \`${SCOPE}\`: with id and secret by Basic, or with an access token that ` +
    'has it.',
  query: question,
  answers: {
    200: { description: 'What the database knows.', schema: feedDocument },
    401: { description: 'The client or its token is not accepted.' },
    403: { description: `Without the scope \`${SCOPE}\`.` },
    503: { description: 'The database does not answer: go on with what you know, as long as you may.' },
  },
  async handle(context) {
    await passFeedGate(context)
    const { request, services } = context
    const asked = readFeedQuestion(new URL(request.url).searchParams)
    if (asked === undefined) {
      const message = 'Letters, digits, `-` and `_`; `wait` is a number of seconds.'
      throw new AuthError('REQUEST_INVALID', { fields: [{ field: 'nonce', message }] })
    }
    if (request.headers.get('accept')?.includes('text/event-stream')) return hints(context)
    return json(await services.feedAnswers.answer(asked, request.signal))
  },
})

function hints({ request, services }: RouteContext): Reply {
  const stream = services.feedStreams.open(request.signal)
  if (stream === undefined)
    throw new AuthError('STORE_UNAVAILABLE', { details: { reason: 'too many streams' } })
  return {
    status: 200,
    headers: {
      'content-type': 'text/event-stream',
      // Nothing between may hold the events back to compress them; the last is the word that nginx knows.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    },
    body: stream,
  }
}

/** A client by its secret, or by an access token: one of `private_key_jwt` has no other way in a GET. */
async function passFeedGate(context: RouteContext): Promise<void> {
  const { request, services, params } = context
  const scheme = request.headers.get('authorization')?.split(' ')[0]?.toLowerCase()
  if (scheme !== 'basic') {
    const verdict = await services.guard(guardRequestOf(request, params), mayRead)
    if (!(verdict instanceof Refusal)) return
    const { code, details, challenge } = verdict
    throw new AuthError(code, challenge === undefined ? { details } : { details, challenge })
  }
  const { client } = await provenClientOf(context, {})
  if (client.scopes?.includes(SCOPE)) return
  throw new AuthError('SCOPE_MISSING', { challenge: { scopes: [SCOPE] }, details: { scopes: [SCOPE] } })
}
