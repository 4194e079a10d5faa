import type { Actor, Origin } from '../audit/events.ts'
import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'
import { forwardedRequest } from '../guard/forwarded-request.ts'
import type { GuardVerdict } from '../guard/guard.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import { parseWith, readBody } from '../http/body.ts'
import { createCors } from '../http/cors.ts'
import { shortName } from '../http/json-text.ts'
import type { Reply } from '../http/reply.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { HttpRequest } from '../model/http-request.ts'
import type { Principal } from '../model/principal.ts'
import { rateOf } from '../model/rate.ts'
import { type Arrival, forwardedFor } from './arrival.ts'
import type { createReachCheck } from './development-reach.ts'
import type { RouteContext, ServedRoute } from './route.ts'
import type { Router } from './router.ts'
import type { Services } from './services.ts'
import { refuseUnheard } from './unheard.ts'

/** For what no page of another origin may read. */
const NO_CORS = createCors([])

export interface AnswerParts {
  readonly router: Router
  readonly checkReach: ReturnType<typeof createReachCheck>
  readonly services: Services
}

/** route → guard → parsed input → handler. What comes of a refusal or an error is for the caller. */
export async function answer(
  at: Arrival,
  { router, checkReach, services }: AnswerParts,
): Promise<Reply | Refusal> {
  const { request, info, address, path, reference, unready } = at
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
