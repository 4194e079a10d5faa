import type { Context, Handler, MiddlewareHandler } from 'hono'
import type { Router } from 'hono/router'
import type { RouterRoute } from 'hono/types'
import { Refusal } from '../errors/refusal.ts'
import { RefusalAnswer } from '../errors/refusal-answer.ts'
import type { Admission, Gate } from '../guard/gate.ts'
import { findHeader, type RawRequest } from '../guard/guard-request.ts'
import type { EndableSocket } from '../guard/sockets.ts'
import type { Access } from '../model/access.ts'
import { joinAccess } from '../model/access-join.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { INVENTORY } from '../model/inventory.ts'
import type { Principal } from '../model/principal.ts'
import { createEdge, type Edge, type EdgeOptions } from './edge.ts'
import { markGuard, placeOf } from './guard-mark.ts'
import { holdSockets, type SocketServer } from './held-sockets.ts'
import { type FindMount, findMounts } from './hono-mounts.ts'
import {
  answers,
  GuardingRouter,
  gateLeft,
  type HonoChecks,
  refuseElsewhere,
  wordOfHandler,
} from './hono-router.ts'
import { coverAnswers } from './hono-silence.ts'
import { type Embedded, findIssuerPaths, isIssuer } from './issuer-paths.ts'
import { type PathWords, readPathWords, refuseIdleRows } from './path-words.ts'
import { checkProtect, type Protection } from './protection.ts'
import { type DeclaredRoute, inventoryOf, refuseUndeclared } from './undeclared-routes.ts'

/** The part of a Hono application that guards work with, whatever its environment and routes are. */
export interface HonoApplication {
  router: Router<[Handler, RouterRoute]>
  readonly routes: RouterRoute[]
}

export interface HonoProtectOptions extends EdgeOptions {
  /** Where the issuer's endpoints are; by default below the path of the configured issuer. */
  readonly at?: string
  /** Words for routes that are not yours: `{ '/docs/*': anyone }`. */
  readonly paths?: PathWords
  /** The client's address; by default that of the connection, where the server is @hono/node-server. */
  readonly address?: (context: Context) => string | undefined
}

/**
 * A guard, as middleware of a route (`app.get('/me', guard(auth.signedIn), handler)`) or of all that lies below a path
 * (`app.use('/admin/*', guard(word))`). What the word lets in is `c.var.principal`. Words of a group and of a route
 * both have to hold. It works in an application that `protect` was called for, and refuses in all others.
 */
export function guard<Who>(access: Access<Who>): MiddlewareHandler<{ Variables: { principal: Who } }> {
  const unprotected: MiddlewareHandler = async () => {
    throw new Error('guard() needs protect(app, auth), or nobody would be checked')
  }
  return markGuard(unprotected, access)
}

/**
 * Guards every route of a Hono application, and embeds the issuer. Await `ready()` before serving: it connects, and
 * rejects if a route has no access word. Routes without one answer 403 in any case.
 */
export function protect(
  app: HonoApplication,
  auth: Embedded,
  { at, paths, address = addressOfConnection, ...edgeOptions }: HonoProtectOptions = {},
): Protection {
  checkProtect(app, auth)
  const { gate } = auth
  const pathWord = readPathWords(paths)
  const issuerPath = findIssuerPaths(auth, at)
  const isMounted = findMounts(app)
  const holdSocket = socketHolder(gate)
  const edge = createEdge(edgeOptions)

  const guarded: HonoChecks['guarded'] = (handler, access) => {
    return (c, next) => {
      const asked = new HonoGuardRequest(c, address)
      const enter = (admission: Admission) => {
        if (admission instanceof RefusalAnswer) return admission.toResponse()
        if (admission !== undefined) {
          c.set('principal', admission)
          if (asked.opensSocket) holdSocket(c, asked, admission)
        }
        return handler(c, next)
      }
      const admission = gate.admit(asked, access)
      return admission instanceof Promise ? admission.then(enter) : enter(admission)
    }
  }

  const checks: HonoChecks = {
    gate,
    guarded,
    ...coverAnswers({
      guarded,
      opensSocket,
      refuse(c) {
        const refusal = new Refusal(opensSocket(c) ? 'NOT_FOUND' : 'ROUTE_UNDECLARED')
        return gate.refuse(refusal, new HonoGuardRequest(c, address)).toResponse()
      },
    }),
    edge: edge && edgeStep(edge, address),
    issuer(path) {
      const inner = issuerPath(path)
      if (inner === undefined || !isIssuer(auth)) return undefined
      return (c) => auth.fetch(withPath(c.req.raw, path, inner), { address: address(c) })
    },
  }
  const router = new GuardingRouter(app.router, checks, pathWord, isMounted)
  app.router = router
  // Into another application (`route`) go the routes alone.
  app.routes.unshift({ basePath: '/', path: '/*', method: 'ALL', handler: refuseElsewhere(gate) })

  const declared = (): DeclaredRoute[] => [
    ...ofOthers(app, gate),
    ...declaredRoutes(app, router, isMounted, pathWord),
  ]
  const protection: Protection = {
    async ready() {
      refuseUndeclared(declared())
      // Middleware may be what a row is for.
      refuseIdleRows(paths, app.routes)
      await auth.ready()
    },
    routes: async () => inventoryOf(declared()),
  }
  Object.defineProperty(app, INVENTORY, { value: protection.routes })
  return protection
}

/** What holds for all routes, whoever answers. */
function edgeStep(edge: Edge, address: NonNullable<HonoProtectOptions['address']>): Handler {
  return async (c, next) => {
    const asked = new HonoGuardRequest(c, address)
    const answer = edge.preflight(asked)
    if (answer !== undefined) return new Response(null, { status: 204, headers: answer })
    await next()
    edge.dress(asked, {
      get: (name) => c.res.headers.get(name) ?? undefined,
      set: (name, value) => c.header(name, value),
    })
    return undefined
  }
}

/** What @hono/node-server hands over beside the request; of one that opens a socket also the server that will. */
interface NodeEnv {
  readonly incoming?: RawRequest & {
    readonly socket?:
      | { destroy?(): void; once?(event: 'close' | 'error', listener: () => void): unknown }
      | undefined
  }
  readonly wss?: SocketServer
}

function envOf(c: Context): NodeEnv {
  return (c.env ?? {}) as NodeEnv
}

function opensSocket(c: Context): boolean {
  return envOf(c).incoming?.upgrade === true
}

/** Lets the socket that the request opens end with what let it in. */
function socketHolder(gate: Gate): (c: Context, asked: GuardRequest, principal: Principal) => void {
  const sockets = holdSockets(gate)
  return (c, asked, principal) => {
    const { incoming, wss } = envOf(c)
    if (incoming === undefined) return
    if (wss === undefined) {
      // Another server opens it, and does not say which: then the connection is what can be ended.
      const { socket } = incoming
      const connection: EndableSocket = {
        close: () => socket?.destroy?.(),
        addEventListener: (event, listener) => void socket?.once?.(event, listener),
      }
      gate.hold(asked, connection, principal)
      return
    }
    sockets.expect(incoming, asked, principal)
    sockets.watch(wss)
  }
}

class HonoGuardRequest implements GuardRequest {
  readonly #context: Context
  readonly #address: (context: Context) => string | undefined
  readonly #incoming: NodeEnv['incoming']
  readonly opensSocket: boolean

  constructor(context: Context, address: (context: Context) => string | undefined) {
    this.#context = context
    this.#address = address
    this.#incoming = envOf(context).incoming
    this.opensSocket = this.#incoming?.upgrade === true
  }
  get raw(): object {
    return this.#incoming ?? this.#context.req.raw
  }
  tell(headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(headers)) this.#context.header(name, value)
  }
  get method(): string {
    return this.#context.req.method
  }
  get target(): string {
    const { url } = this.#context.req
    const path = url.indexOf('/', url.indexOf('://') + 3)
    return path === -1 ? '/' : url.slice(path)
  }
  get params(): GuardRequest['params'] {
    return this.#context.req.param()
  }
  get address(): string | undefined {
    return this.#address(this.#context)
  }
  header(name: string): string | undefined {
    // Of a request that opens a socket, Hono's server shows the first of two headers only.
    if (this.opensSocket) return findHeader(this.#incoming?.rawHeaders ?? [], name)
    return this.#context.req.raw.headers.get(name) ?? undefined
  }
}

function addressOfConnection({ env }: Context): string | undefined {
  const { incoming } = (env ?? {}) as {
    readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } }
  }
  return incoming?.socket?.remoteAddress
}

/** The same request, at the issuer's own path. */
function withPath(request: Request, path: string, inner: string): Request {
  if (path === inner) return request
  const url = new URL(request.url)
  url.pathname = inner
  return new Request(url, request)
}

/** Applications inside of this one that `protect` guards for another auth. */
function ofOthers({ routes }: HonoApplication, gate: Gate): DeclaredRoute[] {
  const others = routes.filter((route) => ![undefined, gate as object].includes(gateLeft(route)))
  return others.map(({ path }) => ({
    method: '*',
    path: `${path} (application of another protect)`,
    access: undefined,
  }))
}

/** Every route that answers, with what its own guards and those before it ask for. */
function declaredRoutes(
  { routes }: HonoApplication,
  router: GuardingRouter,
  isMounted: FindMount,
  pathWord: ReturnType<typeof readPathWords>,
): DeclaredRoute[] {
  const found = new Map<string, DeclaredRoute>()
  for (const route of routes) {
    const { method, path } = route
    const key = `${method} ${path}`
    if (found.has(key) || wordOfHandler(route.handler) !== undefined || !answers(route, isMounted)) continue
    const covering = routes.filter(
      (other) =>
        wordOfHandler(other.handler) !== undefined &&
        ((other.method === method && other.path === path) ||
          (other.method === 'ALL' &&
            routes.indexOf(other) < routes.indexOf(route) &&
            covers(other.path, path))),
    )
    const words = covering.flatMap(({ handler }) => wordOfHandler(handler) ?? [])
    const at =
      covering.map(({ handler }) => placeOf(handler)).findLast((place) => place !== undefined) ??
      router.placeOf(route)
    const access = joinAccess(words) ?? pathWord(method, path)
    found.set(key, { method: method === 'ALL' ? '*' : method, path, access, at })
  }
  return [...found.values()]
}

/** Whether a pattern covers all that another one does, as far as the two texts show it. */
function covers(group: string, path: string): boolean {
  if (group === path) return true
  return group.endsWith('/*') && (path.startsWith(group.slice(0, -1)) || path === group.slice(0, -2))
}
