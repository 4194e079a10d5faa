import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  HookHandlerDoneFunction,
  onRequestHookHandler,
  onRouteHookHandler,
  preHandlerHookHandler,
  RouteOptions,
} from 'fastify'
import { Refusal } from '../errors/refusal.ts'
import { RefusalAnswer } from '../errors/refusal-answer.ts'
import { RawGuardRequest } from '../guard/guard-request.ts'
import type { Access } from '../model/access.ts'
import { joinAccess } from '../model/access-join.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { INVENTORY } from '../model/inventory.ts'
import type { Principal } from '../model/principal.ts'
import { createEdge, type Edge, type EdgeOptions } from './edge.ts'
import { hideTicket, keepTicketsFromLog, targetOf } from './fastify-log.ts'
import {
  isTwin,
  notFoundHandler,
  refuseAmbiguous,
  routesBefore,
  ScopedRoute,
  scopesOf,
} from './fastify-routes.ts'
import { noteWord } from './fastify-swagger.ts'
import { noteProtection, type PrincipalOf, refuseUnprotected } from './fastify-words.ts'
import { placeOfCaller } from './guard-mark.ts'
import { type HeldSockets, holdSockets, type SocketServer } from './held-sockets.ts'
import { issuerListener } from './issuer-listener.ts'
import { type Embedded, findIssuerPaths, isIssuer } from './issuer-paths.ts'
import { pathOfTarget } from './node-request.ts'
import { type PathWords, readPathWords, refuseIdleRows } from './path-words.ts'
import { checkProtect, type Protection } from './protection.ts'
import {
  type DeclaredRoute,
  inventoryOf,
  refuseUndeclared,
  UndeclaredRoutesError,
} from './undeclared-routes.ts'

export interface FastifyProtectOptions extends EdgeOptions {
  /** Where the issuer's endpoints are; by default below the path of the configured issuer. */
  readonly at?: string
  /** Words for routes that are not yours, as those of a plugin: `{ '/docs/*': anyone }`. */
  readonly paths?: PathWords
  /** The word of the not-found handler. Without one, what no route answers to is 404 before your handler runs. */
  readonly notFound?: Access
}

/**
 * Guards every route of a Fastify application, and embeds the issuer. To be called first: routes that are there before
 * it stop the start, as does every route that has no access word. Checks run before bodies are read. Throws inside of a
 * plugin of its own scope (without fastify-plugin): what is outside of that would be open.
 */
export function protect(
  app: FastifyInstance,
  auth: Embedded,
  { at, paths, notFound, ...edgeOptions }: FastifyProtectOptions = {},
): Protection {
  checkProtect(app, auth)
  noteProtection(app)
  const { gate } = auth
  const pathWord = readPathWords(paths)
  const issuerPath = findIssuerPaths(auth, at)
  const listener = isIssuer(auth) ? issuerListener(auth) : undefined
  const routes: DeclaredRoute[] = routesBefore(app)
  const sockets = holdSockets(gate)
  const edge = createEdge(edgeOptions)
  let connects = true

  keepTicketsFromLog(app)
  app.decorateRequest('principal', undefined)
  const addCheck: onRouteHookHandler = function (options) {
    // Of @fastify/websocket, which has to be there before its routes.
    const { websocketServer } = this as { websocketServer?: SocketServer }
    if (websocketServer !== undefined) sockets.watch(websocketServer)

    const methods = [options.method].flat()
    const place = placeOfCaller()
    const added = methods.map((method) => new ScopedRoute(this, method, options, pathWord, place))
    routes.push(...added)
    // One word for all methods of a route: what differs by `paths` alone is joined.
    const word = (): Access | undefined => {
      const known = added.flatMap(({ access }) => access ?? [])
      return known.length === added.length ? joinAccess(known) : undefined
    }
    noteWord(options, word)
    const check = checkOf(word)
    keepFirst(options, isForAllPaths(options.url) ? afterIssuer(check) : check)
  }
  for (const scope of scopesOf(app)) scope.addHook('onRoute', addCheck)

  const checkOf = (word: () => Access | undefined): onRequestHookHandler => {
    let access: Access | undefined
    let known = false
    return function check(request, reply, done) {
      if (!known) {
        access = word()
        known = true
      }
      const asked = new FastifyGuardRequest(request, reply)
      const admission = gate.admit(asked, access)
      if (admission instanceof Promise) {
        admission.then((settled) => pass(settled, asked, sockets, done), done)
        return
      }
      pass(admission, asked, sockets, done)
    }
  }

  /** Hands over what is the issuer's: false where that is another's. */
  const answersIssuer = (request: FastifyRequest, reply: FastifyReply): boolean => {
    const { raw } = request
    const inner = issuerPath(pathOfTarget(raw.url ?? '/'))
    if (inner === undefined || listener === undefined) return false
    endUnopened(raw, reply)
    reply.hijack()
    listener(raw, reply.raw, { path: inner, address: request.ip })
    return true
  }
  const afterIssuer = (check: onRequestHookHandler): onRequestHookHandler =>
    function checkAfterIssuer(request, reply, done) {
      if (!answersIssuer(request, reply)) Reflect.apply(check, this, [request, reply, done])
    }

  const checkNotFound = checkOf(() => notFound)
  const checked = new WeakSet<FastifyRequest>()

  /** What holds for all routes, whoever answers: a route, a refusal, or nobody. The issuer sees to its own. */
  const answersPreflight = (request: FastifyRequest, reply: FastifyReply): boolean => {
    if (edge === undefined) return false
    const isLeft = request.is404 || isForAllPaths(request.routeOptions.url ?? '')
    if (isLeft && issuerPath(pathOfTarget(request.raw.url ?? '/')) !== undefined) return false
    const answer = edge.preflight(new FastifyGuardRequest(request, reply))
    if (answer !== undefined) void reply.code(204).headers(answer).send()
    return answer !== undefined
  }
  if (edge !== undefined) dressAnswers(app, edge)

  app.addHook('onRequest', function receive(request, reply, done) {
    hideTicket(request.raw)
    if (answersPreflight(request, reply)) return
    // Requests that no route answers to: the issuer's, and all others.
    if (!request.is404) return done()
    if (answersIssuer(request, reply)) return
    endUnopened(request.raw, reply)
    if (notFound === undefined) {
      send(gate.refuse(new Refusal('NOT_FOUND'), new FastifyGuardRequest(request, reply)), reply)
      return
    }
    checked.add(request)
    Reflect.apply(checkNotFound, this, [request, reply, done])
  })

  // A route may hand on to a not-found handler (`callNotFound`), as one that serves files does.
  const handlers = noteNotFoundHandlers(app, function checkHandedOn(request, reply, done) {
    if (notFound === undefined || checked.has(request)) return done()
    Reflect.apply(checkNotFound, this, [request, reply, done])
  })
  const all = (): DeclaredRoute[] => [
    ...routes.filter((route) => !isTwin(route, routes)),
    ...(notFound === undefined ? handlers : []).map(notFoundHandler),
  ]
  app.addHook('onReady', async () => {
    refuseUndeclared(all())
    refuseAmbiguous(all())
    refuseIdleRows(paths, routes)
    if (connects) await auth.ready()
  })

  const protection: Protection = {
    async ready() {
      await app.ready()
      await auth.ready()
    },
    async routes() {
      // The plugins have to be loaded; nothing has to be connected for that.
      connects = false
      await app.ready().then(undefined, (error: unknown) => {
        if (!(error instanceof UndeclaredRoutesError)) throw error
      })
      return inventoryOf(all())
    },
  }
  Object.defineProperty(app, INVENTORY, { value: protection.routes })
  return protection
}

/** Reads of the request only what is asked for. */
class FastifyGuardRequest extends RawGuardRequest {
  readonly request: FastifyRequest
  readonly reply: FastifyReply

  constructor(request: FastifyRequest, reply: FastifyReply) {
    super(request.raw)
    this.request = request
    this.reply = reply
  }
  tell(headers: Readonly<Record<string, string>>): void {
    this.reply.headers(headers)
  }
  override get target(): string {
    return targetOf(this.request.raw)
  }
  override get params(): GuardRequest['params'] {
    return (this.request.params ?? {}) as GuardRequest['params']
  }
  /** As @fastify/websocket says, which gets these requests. */
  override get opensSocket(): boolean {
    return (this.request as { ws?: unknown }).ws === true
  }
  override get address(): string {
    return this.request.ip
  }
}

function pass(
  admission: Principal | RefusalAnswer | undefined,
  asked: FastifyGuardRequest,
  sockets: HeldSockets,
  done: HookHandlerDoneFunction,
): void {
  const { request } = asked
  if (admission instanceof RefusalAnswer) {
    send(admission, asked.reply)
    return
  }
  if (asked.opensSocket && admission !== undefined)
    sockets.expect(request.raw, asked, admission)
    // Typed by the word of the route, which let nobody else in.
  ;(request as { principal: unknown }).principal = admission
  done()
}

function send({ status, headers, body }: RefusalAnswer, reply: FastifyReply): void {
  void reply
    .code(status)
    .headers({ ...headers })
    // Fastify would add a charset to a text, and JSON has none.
    .send(Buffer.from(body))
}

function dressAnswers(app: FastifyInstance, edge: Edge): void {
  app.addHook('onSend', (request, reply, _payload, done) => {
    edge.dress(new FastifyGuardRequest(request, reply), {
      get: (name) => reply.getHeader(name)?.toString(),
      set: (name, value) => void reply.header(name, value),
    })
    done()
  })
}

/** A route for all paths leaves the issuer its own, as it does other routes. */
function isForAllPaths(url: string): boolean {
  return url.includes('*')
}

/** Of a request that was to open a socket nobody else ends the connection, neither Node nor the plugin. */
function endUnopened(raw: FastifyRequest['raw'], reply: FastifyReply): void {
  if ((raw as { upgrade?: boolean }).upgrade === true) reply.raw.once('finish', () => raw.socket.destroy())
}

/** Puts a check before all that the route does, also where a later `onRoute` hook sets its hooks anew. */
function keepFirst(options: RouteOptions, check: onRequestHookHandler): void {
  const withCheck = (hooks: RouteOptions['onRequest']) => [
    check,
    ...[hooks ?? []].flat().filter((hook) => hook !== check && hook !== refuseUnprotected),
  ]
  let hooks = withCheck(options.onRequest)
  Object.defineProperty(options, 'onRequest', {
    enumerable: true,
    configurable: true,
    get: () => hooks,
    set: (given: RouteOptions['onRequest']) => {
      hooks = withCheck(given)
    },
  })
}

/** Not-found handlers answer like routes do, so they need a word too. */
function noteNotFoundHandlers(app: FastifyInstance, check: preHandlerHookHandler): string[] {
  const prefixes: string[] = []
  const { setNotFoundHandler } = app
  app.setNotFoundHandler = function (this: FastifyInstance, ...args: unknown[]) {
    prefixes.push(this.prefix)
    const handler = args.find((one) => typeof one === 'function')
    const options = args.find((one) => typeof one === 'object' && one !== null) as
      | { readonly preHandler?: unknown }
      | undefined
    const preHandler = [check, ...[options?.preHandler ?? []].flat()]
    return Reflect.apply(setNotFoundHandler, this, [{ ...options, preHandler }, handler] as never)
  } as never
  return prefixes
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The access word of the route; `guard(word)` puts it here. */
    access?: Access
  }
  interface FastifyRequest<RouteGeneric, RawServer, RawRequest, SchemaCompiler, TypeProvider, ContextConfig> {
    /** Who asks, typed by the access word of the route. */
    readonly principal: PrincipalOf<ContextConfig>
  }
}
