import { z } from 'zod'
import { Refusal } from '../errors/refusal.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import { anyone, needs } from '../model/access.ts'
import type { HttpRequest } from '../model/http-request.ts'
import { FOR_OPERATORS } from './limits.ts'
import { json, route } from './route.ts'
import type { Services } from './services.ts'

const status = z.object({ status: z.string() })

/** The process answers. Says nothing about the database: restarting us would not help it. */
export const healthz = route({
  method: 'GET',
  path: '/healthz',
  access: anyone,
  limit: FOR_OPERATORS,
  tag: 'Operation',
  style: 'problem',
  summary: 'Alive',
  answers: { 200: { description: 'The process answers.', schema: status, example: { status: 'ok' } } },
  handle: () => json({ status: 'ok' }),
})

const details = z.object({
  status: z.string(),
  ring_version: z.int().optional(),
  keys: z.array(z.string()).optional(),
  secret_keys: z.array(z.string()).optional(),
})

/** Requests may be sent here. Which part is missing goes to the log, not to the world. */
export const readyz = route({
  method: 'GET',
  path: '/readyz',
  access: anyone,
  limit: FOR_OPERATORS,
  tag: 'Operation',
  style: 'problem',
  summary: 'Ready for requests',
  answers: {
    200: {
      description:
        'Ready. In development, and to whoever has the scope `admin:keys`, with what two nodes of one issuer must ' +
        'agree on: version and ids of the signing keys, fingerprints of SECRET_KEY.',
      schema: details,
      example: { status: 'ready' },
    },
    503: { description: 'Not ready, or stopping.', schema: status, example: { status: 'not_ready' } },
  },
  async handle({ services, request, address }) {
    const why = await services.notReady()
    if (why !== undefined) return json({ status: 'not_ready' }, 503, { 'retry-after': '1' })
    const isShown = services.development || (await looksAfterKeys(services, request, address))
    return json({ status: 'ready', ...(isShown && fingerprintsOf(services)) })
  },
})

/** By no password: an answer that tells a right one from a wrong one helps who guesses. */
const keeper = needs({ scopes: ['admin:keys'], via: ['bearer', 'api-key'] })

async function looksAfterKeys(
  services: Services,
  request: HttpRequest,
  address: string | undefined,
): Promise<boolean> {
  if (!request.headers.has('authorization')) return false
  const verdict = await services.guard(guardRequestOf(request, { address }), keeper)
  return verdict !== undefined && !(verdict instanceof Refusal)
}

/** What is the same on every node of one issuer, unless a deployment is split. */
function fingerprintsOf({ grants: { keyRing, secretKeys } }: Services) {
  const { version, keys } = keyRing.stored
  const published = keys.filter(({ phase }) => phase === 'next' || phase === 'active' || phase === 'retiring')
  return {
    ring_version: version,
    keys: published.map(({ kid }) => kid).sort(),
    secret_keys: secretKeys.fingerprints,
  }
}
