import type { Logger } from '../base/logger.ts'
import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import { newReference, oauthErrorAnswer } from '../http/error-response.ts'
import { apiHeaders } from '../http/headers.ts'
import type { Refuser } from '../http/refuser.ts'
import { joinHeaders, type Reply } from '../http/reply.ts'
import { pathOf } from '../http/request-path.ts'
import { tiesToHttps } from '../http/strict-transport.ts'
import type { HttpRequest } from '../model/http-request.ts'
import type { MeteredRoute } from '../telemetry/meters.ts'
import { answer } from './answer.ts'
import { type Arrival, forwardedFor, type RequestInfo } from './arrival.ts'
import { createReachCheck } from './development-reach.ts'
import type { ServedRoute } from './route.ts'
import { createRouter } from './router.ts'
import type { Services } from './services.ts'

export interface DispatcherOptions {
  readonly routes: readonly ServedRoute[]
  readonly services: Services
  readonly logger: Logger
  readonly refuser: Refuser
}

const ROOT: MeteredRoute = { method: 'GET', path: '/' }

/** Answers a request; with `unready`, the error that keeps this process from serving, only says so. Never rejects. */
export type Dispatcher = (request: HttpRequest, info?: RequestInfo, unready?: unknown) => Promise<Reply>

/** Gives every request an answer, also to a refusal and a failure, and has them reported and counted. */
export function createDispatcher({ routes, services, logger, refuser }: DispatcherOptions): Dispatcher {
  const parts = { router: createRouter(routes), checkReach: createReachCheck(logger), services }
  const https = tiesToHttps(services.grants.settings.issuer)
  const always = apiHeaders({ https })

  const refuse = async (refusal: Refusal, at: Arrival): Promise<Reply> => {
    const style = isForPeople(at, services) ? 'page' : (at.route?.style ?? 'problem')
    const { reference } = at
    const refused = refusedOf(at)
    refuser.report(refusal, refused, style === 'oauth' ? 'oauth' : 'problem')
    if (style === 'page') {
      try {
        const { answerRefusedPage } = await import('./pages/refusal.ts')
        return await answerRefusedPage(refusal, { ...at, services })
      } catch (error) {
        logger.error({ reference, err: error }, 'the page of a refusal failed')
        return refuser.answer(refusal, refused)
      }
    }
    if (style === 'problem') return refuser.answer(refusal, refused)
    return oauthErrorAnswer(refusal, { reference, https, detailsInAnswer: services.development })
  }

  const reply = async (at: Arrival): Promise<Reply> => {
    try {
      const reply = await answer(at, parts)
      if (reply instanceof Refusal) return await refuse(reply, at)
      if (reply.refusal !== undefined) refuser.report(reply.refusal, refusedOf(at), 'oauth')
      return reply
    } catch (error) {
      if (!(error instanceof AuthError)) {
        logger.error({ reference: at.reference, err: error }, 'a request failed inside')
        return refuse(new Refusal('INTERNAL'), at)
      }
      if (error.cause !== undefined) {
        logger.warn({ reference: at.reference, err: error.cause }, error.message)
      }
      // A limit that was found later tells more than the one of the address, which allowed it.
      at.headers = { ...at.headers, ...error.refusal.headers }
      return refuse(error.refusal, at)
    }
  }

  const { meters } = services
  return async (request, info = {}, unready) => {
    // Not by the clock of the issuer: a clock that fails must not take an answer with it that is there already.
    const began = performance.now()
    const reference = newReference(services.grants.random)
    const address = services.addresses.clientOf(info.address, forwardedFor(request))
    const path = pathOf(request)
    const at: Arrival = {
      request,
      info,
      unready,
      address,
      path,
      cors: services.cors,
      reference,
      headers: {},
    }
    const { status, headers, body, cookies } = info.home ?? (await reply(at))
    meters.answered(info.home === undefined ? at.route : ROOT, status, performance.now() - began)
    return {
      status,
      headers: joinHeaders(always, headers, at.cors.headers(request), at.headers),
      body: request.method === 'HEAD' ? null : body,
      ...(cookies !== undefined && { cookies }),
    }
  }
}

/** What a report tells of the request. */
function refusedOf({ request, info, path, reference, address, route }: Arrival) {
  const access = route?.access
  const asked = guardRequestOf(request, { address: info.address })
  return { method: request.method, path, reference, address, access, request: asked }
}

/** What a browser goes to by itself, be there a route for it or not. */
function isForPeople({ request, route }: Arrival, { pages }: Services): boolean {
  return (
    pages !== undefined &&
    (route === undefined ? request.method === 'GET' : route.browsersOnly === true) &&
    request.headers.get('accept')?.startsWith('text/html') === true
  )
}
