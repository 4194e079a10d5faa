import type { Actor, Origin } from '../audit/events.ts'
import type { Logger } from '../base/logger.ts'
import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'
import { forwardedRequest } from '../guard/forwarded-request.ts'
import type { GuardVerdict } from '../guard/guard.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import { parseWith, readBody } from '../http/body.ts'
import { type Cors, createCors } from '../http/cors.ts'
import { newReference, oauthErrorAnswer } from '../http/error-response.ts'
import { apiHeaders, type HeaderValues } from '../http/headers.ts'
import { shortName } from '../http/json-text.ts'
import type { Refuser } from '../http/refuser.ts'
import { joinHeaders, type Reply } from '../http/reply.ts'
import { pathOf } from '../http/request-path.ts'
import { tiesToHttps } from '../http/strict-transport.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { HttpRequest } from '../model/http-request.ts'
import type { Principal } from '../model/principal.ts'
import { rateOf } from '../model/rate.ts'
import type { MeteredRoute } from '../telemetry/meters.ts'
import { createReachCheck } from './development-reach.ts'
import type { RouteContext, ServedRoute } from './route.ts'
import { createRouter, type Router } from './router.ts'
import type { Services } from './services.ts'
import { refuseUnheard } from './unheard.ts'

/** What only the adapter knows of a request. */
export interface RequestInfo {
  /** Of the connection. Where proxies are trusted, the client's own is read from what they say. */
  readonly address?: string | undefined
  /** The host or address that the server listens on, where the adapter knows it. */
  readonly listensOn?: string | undefined
  /** Of a server whose root is the issuer's, and only for a request to it: where that leads. */
  readonly home?: Reply | undefined
}

export interface DispatcherOptions {
  readonly routes: readonly ServedRoute[]
  readonly services: Services
  readonly logger: Logger
  readonly refuser: Refuser
}

const ROOT: MeteredRoute = { method: 'GET', path: '/' }

/** For what no page of another origin may read. */
const NO_CORS = createCors([])

/** Answers a request; with `unready`, the error that keeps this process from serving, only says so. Never rejects. */
export type Dispatcher = (request: HttpRequest, info?: RequestInfo, unready?: unknown) => Promise<Reply>

/** request → route → guard → parsed input → handler → answer. */
export function createDispatcher({ routes, services, logger, refuser }: DispatcherOptions): Dispatcher {
  const router = createRouter(routes)
  const checkReach = createReachCheck(logger)
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

  const reply = async (at: Arrival, unready: unknown): Promise<Reply> => {
    try {
      const reply = await answer(at, router, checkReach, services, unready)
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
      address,
      path,
      cors: services.cors,
      reference,
      headers: {},
    }
    const { status, headers, body, cookies } = info.home ?? (await reply(at, unready))
    meters.answered(info.home === undefined ? at.route : ROOT, status, performance.now() - began)
    return {
      status,
      headers: joinHeaders(always, headers, at.cors.headers(request), at.headers),
      body: request.method === 'HEAD' ? null : body,
      ...(cookies !== undefined && { cookies }),
    }
  }
}

/** A request on its way; the route is known once it was found, also to the answer of a refusal. */
interface Arrival {
  readonly request: HttpRequest
  readonly info: RequestInfo
  /** The client's, where a trusted proxy tells it; else that of the connection. */
  readonly address: string | undefined
  readonly path: string
  /** Of the path, once it is known whose it is. */
  cors: Cors
  readonly reference: string
  route?: ServedRoute
  /** What any answer carries, also that of a refusal. */
  headers: HeaderValues
  /** The fields of a form of a page, read before the guard asks for the token among them. */
  form?: Readonly<Record<string, string>>
  /** Whether the guard let it in, so that what comes after is the handler's word. */
  admitted?: boolean
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

async function answer(
  at: Arrival,
  router: Router,
  checkReach: ReturnType<typeof createReachCheck>,
  services: Services,
  unready: unknown,
): Promise<Reply | Refusal> {
  const { request, info, address, path, reference } = at
  const match = router.find(request.method, path)
  if ('allow' in match) {
    const { allow } = match
    // A page and an endpoint can share a path: a preflight is for one of them.
    const wanted = request.headers.get('access-control-request-method')
    const asked = router.find(allow.find((method) => method === wanted) ?? allow[0] ?? '', path)
    if ('route' in asked && asked.route.browsersOnly) at.cors = NO_CORS
    if (allow.length > 0 && at.cors.isPreflight(request)) {
      // A proxy that asks with the method of the request would read the answer of a preflight as "may pass".
      if ('route' in asked && asked.route.isForwarded) return new Refusal('HDR_MISSING')
      return { status: 204, headers: at.cors.preflightHeaders(request, allow), body: null }
    }
    return allow.length === 0 ? new Refusal('NOT_FOUND') : new Refusal('METHOD_NOT_ALLOWED', { allow })
  }
  const { route, params } = match
  at.route = route
  if (route.browsersOnly) at.cors = NO_CORS
  if (route.tag !== 'Operation') {
    const elsewhere = sendToHttps(at, route, services)
    if (elsewhere !== undefined) return elsewhere
    const exposed = services.development ? checkReach(request, info) : checkProxy(at, services)
    if (exposed !== undefined) return exposed
    if (unready !== undefined) throw unready
  }
  const rate = rateOf(route.limit)
  if (rate !== undefined) {
    const counted = await services.rateLimits.count(route.path, rate, address)
    at.headers = counted.headers
    if (counted.refusal !== undefined) return counted.refusal
  }
  if (route.form !== undefined) at.form = (await readBody(request, ['form'])) as Record<string, string>
  const admitted = await askGuard(at, route, params, services)
  if (admitted instanceof Refusal) return admitted
  if (rate !== undefined && admitted !== undefined) {
    // Many addresses are cheap to have; an account is one, however many of them it uses.
    const counted = await services.rateLimits.count(route.path, rate, address, admitted)
    at.headers = counted.headers
    if (counted.refusal !== undefined) return counted.refusal
  }
  const body = at.form ?? (route.body === undefined ? undefined : await bodyOf(request, route.body))
  // Whoever sends a body takes their time over it: nothing is done for what has ended in between (rule B8).
  const hasWaited = admitted !== undefined && at.form === undefined && route.body !== undefined
  const verdict = hasWaited ? await askGuard(at, route, params, services) : admitted
  if (verdict instanceof Refusal) return verdict
  const unheard = verdict && isChange(request, route) && (await refuseUnheard(verdict, services.grants))
  if (unheard) return unheard
  at.admitted = true

  const context: RouteContext = {
    request,
    params,
    principal: verdict,
    query: route.query === undefined ? undefined : parseWith(route.query, queryOf(request)),
    body,
    origin: originOf(request, address, verdict, reference),
    address,
    reference,
    services,
  }
  return route.handle(context)
}

function isChange({ method }: HttpRequest, { changesNothing }: ServedRoute): boolean {
  return method !== 'GET' && method !== 'HEAD' && changesNothing !== true
}

/** A form cannot send headers: its CSRF token is one of its fields. */
function withToken(
  request: GuardRequest,
  { csrf_token: token }: Readonly<Record<string, string>>,
): GuardRequest {
  return { ...request, header: (name) => (name === 'x-csrf-token' ? token : request.header(name)) }
}

async function askGuard(
  { request, info, address, form }: Arrival,
  route: ServedRoute,
  params: GuardRequest['params'],
  services: Services,
): Promise<GuardVerdict> {
  const asked = guardRequestOf(request, { address, params })
  if (route.isForwarded === undefined) {
    return services.guard(form === undefined ? asked : withToken(asked, form), route.access)
  }
  const forwarded = forwardedRequest(asked, services.addresses.isFromProxy(info.address))
  if (forwarded instanceof Refusal) return forwarded
  const verdict = await services.applicationGuard(forwarded, route.access)
  const isForgery = verdict instanceof Refusal && FORGERIES.has(verdict.code)
  return isForgery && !forwarded.isMethodKnown ? new Refusal('FORWARDED_METHOD_UNKNOWN') : verdict
}

const FORGERIES: ReadonlySet<string> = new Set(['CSRF_ORIGIN', 'CSRF_TOKEN_STALE'])

/** What a trusted proxy got over plain http is sent to https, which the issuer's address is; what it carried is not used. */
function sendToHttps(
  { request, info, path }: Arrival,
  route: ServedRoute,
  { addresses, grants }: Services,
): Reply | Refusal | undefined {
  const { issuer } = grants.settings
  if (!issuer.startsWith('https:')) return undefined
  if (!addresses.cameOverHttp(info.address, request.headers.get('x-forwarded-proto') ?? undefined))
    return undefined
  const mayGo = (request.method === 'GET' || request.method === 'HEAD') && route.isForwarded === undefined
  if (!mayGo) return new Refusal('HTTPS_NEEDED')
  return { status: 308, headers: { location: issuer + path + new URL(request.url).search }, body: null }
}

function checkProxy({ request, info }: Arrival, { addresses }: Services): Refusal | undefined {
  return addresses.isProxyUnknown(info.address, forwardedFor(request))
    ? new Refusal('PROXY_UNKNOWN')
    : undefined
}

async function bodyOf(request: HttpRequest, body: NonNullable<ServedRoute['body']>): Promise<unknown> {
  const absent = body.optional === true && (request.body === null || !request.headers.has('content-type'))
  return parseWith(body.schema, absent ? {} : await readBody(request, body.types))
}

function forwardedFor(request: HttpRequest): string | undefined {
  return request.headers.get('x-forwarded-for') ?? undefined
}

function queryOf(request: HttpRequest): Record<string, string> {
  const query = new Map<string, string>()
  for (const [name, value] of new URL(request.url).searchParams) {
    if (query.has(name)) {
      throw new AuthError('REQUEST_INVALID', { fields: [{ field: shortName(name), message: 'Sent twice.' }] })
    }
    query.set(name, value)
  }
  return Object.fromEntries(query)
}

const LONGEST_AGENT = 256

function originOf(
  request: HttpRequest,
  address: string | undefined,
  principal: Principal | undefined,
  reference: string,
): Origin {
  const actor: Actor = principal === undefined ? { kind: 'user' } : { kind: principal.kind, id: principal.id }
  const agent = request.headers.get('user-agent')?.slice(0, LONGEST_AGENT)
  return { actor, address, agent, reference }
}
