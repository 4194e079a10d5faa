import { AuthError } from '../errors/auth-error.ts'
import type { Cause } from '../errors/codes.ts'
import { Refusal } from '../errors/refusal.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import { anyone, needs } from '../model/access.ts'
import type { HttpRequest } from '../model/http-request.ts'
import { prometheusText } from '../telemetry/metrics.ts'
import { FOR_OPERATORS } from './limits.ts'
import { route } from './route.ts'
import type { Services } from './services.ts'

/** For Prometheus. Closed looks like absent, but to whoever may read the events. */
export const metrics = route({
  method: 'GET',
  path: '/metrics',
  access: anyone,
  limit: FOR_OPERATORS,
  tag: 'Operation',
  style: 'problem',
  summary: 'Numbers of this issuer, for Prometheus',
  description: 'Open by the setting `METRICS`, and to whoever has the scope `admin:events`.',
  answers: { 200: { description: 'Prometheus text format.', mediaType: 'text/plain' } },
  async handle({ request, address, services }) {
    const why = services.metricsOpen ? undefined : await whyNot(services, request, address)
    if (why !== undefined) throw new AuthError('NOT_FOUND', { details: { closed: why } })
    const body = prometheusText(await services.metrics())
    return {
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
      body,
    }
  },
})

/** By no password: this door has no page, and an answer that tells a right one from a wrong one helps who guesses. */
const reader = needs({ scopes: ['admin:events'], via: ['bearer', 'api-key'] })

/** The cause for which it looks absent, which the event keeps for the operator whose scraper was refused; undefined for nobody. */
async function whyNot(
  { guard, metricsReaders }: Services,
  request: HttpRequest,
  address: string | undefined,
): Promise<Cause | undefined> {
  const carried = CARRIERS.map((name) => request.headers.get(name))
  if (carried.every((value) => value === null)) return 'HDR_MISSING'
  const credential = carried.join('\n')
  const verdict = await guard(guardRequestOf(request, { address }), reader)
  if (verdict === undefined) return 'HDR_MISSING'
  if (!(verdict instanceof Refusal)) {
    metricsReaders.note(credential)
    return undefined
  }
  if (verdict.clientCode === 'try_again') return metricsReaders.has(credential) ? undefined : verdict.code
  metricsReaders.forget(credential)
  return verdict.code
}

const CARRIERS = ['authorization', 'x-api-key']
