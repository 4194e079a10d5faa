import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  HookHandlerDoneFunction,
  onRequestHookHandler,
  preHandlerHookHandler,
  RouteOptions,
} from 'fastify'
import { Refusal } from '../errors/refusal.ts'
import { RefusalAnswer } from '../errors/refusal-answer.ts'
import { RawGuardRequest } from '../guard/guard-request.ts'
import { Access } from '../model/access.ts'
import { joinAccess } from '../model/access-join.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { INVENTORY } from '../model/inventory.ts'
import type { Principal } from '../model/principal.ts'
import { createEdge, type EdgeOptions } from './edge.ts'
import { hideTicket, keepTicketsFromLog, targetOf } from './fastify-log.ts'
import { noteWord } from './fastify-swagger.ts'
import { placeOfCaller } from './guard-mark.ts'
import { type HeldSockets, holdSockets, type SocketServer } from './held-sockets.ts'
import { issuerListener } from './issuer-listener.ts'
import { type Embedded, type FindIssuerPath, findIssuerPaths, isIssuer } from './issuer-paths.ts'
import { type PathWords, readPathWords } from './path-words.ts'
import type { Protection } from './protection.ts'
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

/** `config` of a route with an access word. */
export interface GuardedConfig<Who> {
  readonly access: Access<Who>
}

/** What a handler gets as principal, by the word in the config of its route. */
export type PrincipalOf<Config> = Config extends GuardedConfig<infer Who> ? Who : Principal | undefined

/** Route options: `app.get('/me', guard(auth.signedIn), (request) => request.principal.id)`. */
export function guard<Who>(access: Access<Who>): { config: GuardedConfig<Who> } {
  if (!Access.is(access)) throw new TypeError('guard(): not an access word; use anyone, signedIn or needs()')
  return { config: { access } }
}

/** The words of plugins. A plugin inside of another has it as its prototype, which is how Fastify nests them. */
const scopeWords = new WeakMap<object, readonly Access[]>()

function wordsOfScope(scope: object | null): Access[] {
  if (scope === null) return []
  return [...wordsOfScope(Object.getPrototypeOf(scope)), ...(scopeWords.get(scope) ?? [])]
}

/**
 * One word for all routes of a plugin, before and after this line, and of the plugins inside of it. A route's own word
 * comes on top: both must hold.
 */
export function guardScope(scope: FastifyInstance, access: Access): void {
  if (!Access.is(access))
    throw new TypeError('guardScope(): not an access word; use anyone, signedIn or needs()')
  scopeWords.set(scope, [...(scopeWords.get(scope) ?? []), access])
}

/**
 * Guards every route of a Fastify application, and embeds the issuer. To be called first: routes that are there before
 * it stop the start, as does every route that has no access word. Checks run before bodies are read.
 */
export function protect(
  app: FastifyInstance,
  auth: Embedded,
  { at, paths, notFound, ...edgeOptions }: FastifyProtectOptions = {},
): Protection {
  const { gate } = auth
  const pathWord = readPathWords(paths)
  const issuerPath = findIssuerPaths(auth, at)
  const listener = isIssuer(auth) ? issuerListener(auth) : undefined
  const routes: DeclaredRoute[] = routesBefore(app)
  const sockets = holdSockets(gate)
  let starting = true

  keepTicketsFromLog(app)
  app.decorateRequest('principal', undefined)
  app.addHook('onRequest', (request, _reply, done) => {
    hideTicket(request.raw)
    done()
  })
  addEdge(app, edgeOptions, issuerPath)

  app.addHook('onRoute', function (options) {
    // Of @fastify/websocket, which has to be there before its routes.
    const { websocket, wsHandler } = options as { websocket?: boolean; wsHandler?: unknown }
    const { websocketServer } = this as { websocketServer?: SocketServer }
    if ((websocket || wsHandler) && websocketServer !== undefined) sockets.watch(websocketServer)

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
    keepFirst(options, checkOf(word))
  })

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

  const checkNotFound = checkOf(() => notFound)
  const checked = new WeakSet<FastifyRequest>()

  // Requests that no route answers to: the issuer's, and all others.
  app.addHook('onRequest', function answerOthers(request, reply, done) {
    if (!request.is404) return done()
    const { raw } = request
    // Of a request that was to open a socket nobody else ends the connection, neither Node nor the plugin.
    if ((raw as { upgrade?: boolean }).upgrade === true) reply.raw.once('finish', () => raw.socket.destroy())
    const path = pathOf(raw.url ?? '/')
    const inner = issuerPath(path)
    if (inner !== undefined && listener !== undefined) {
      reply.hijack()
      listener(raw, reply.raw, { path: inner, address: request.ip })
      return
    }
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
    ...(notFound === undefined ? handlers : []).map((path) => ({
      method: '*',
      path: `${path} (not-found handler)`,
      access: undefined,
    })),
  ]
  app.addHook('onReady', async () => {
    if (!starting) return
    refuseUndeclared(all())
    await auth.ready()
  })

  const protection: Protection = {
    ready: async () => void (await app.ready()),
    async routes() {
      // The plugins have to be loaded; nothing has to be connected for that.
      starting = false
      await app.ready().then(undefined, (error: unknown) => {
        if (!(error instanceof UndeclaredRoutesError)) throw error
      })
      return inventoryOf(all())
    },
  }
  Object.defineProperty(app, INVENTORY, { value: protection.routes })
  return protection
}

/** A route as it stands in its plugin. Its word is complete when all plugins have been loaded. */
class ScopedRoute implements DeclaredRoute {
  readonly method: string
  readonly path: string
  readonly at: DeclaredRoute['at']
  readonly #scope: object
  readonly #own: unknown
  readonly #pathWord: Access | undefined

  constructor(
    scope: FastifyInstance,
    method: string,
    options: Pick<RouteOptions, 'url' | 'config'>,
    pathWord: ReturnType<typeof readPathWords>,
    at: DeclaredRoute['at'],
  ) {
    this.method = method
    this.path = options.url
    this.at = at
    this.#scope = scope
    this.#own = (options.config as Partial<GuardedConfig<unknown>> | undefined)?.access
    this.#pathWord = pathWord(method, options.url)
  }

  get access(): Access | undefined {
    const own = Access.is(this.#own) ? [this.#own] : []
    return joinAccess([...wordsOfScope(this.#scope), ...own]) ?? this.#pathWord
  }
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

/** What holds for all routes, whoever answers: a route, a refusal, or nobody. */
function addEdge(app: FastifyInstance, options: EdgeOptions, issuerPath: FindIssuerPath): void {
  const edge = createEdge(options)
  if (edge === undefined) return
  app.addHook('onRequest', (request, reply, done) => {
    const isIssuers = request.is404 && issuerPath(pathOf(request.raw.url ?? '/')) !== undefined
    const answer = isIssuers ? undefined : edge.preflight(new FastifyGuardRequest(request, reply))
    if (answer === undefined) done()
    else void reply.code(204).headers(answer).send()
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    edge.dress(new FastifyGuardRequest(request, reply), {
      get: (name) => reply.getHeader(name)?.toString(),
      set: (name, value) => void reply.header(name, value),
    })
    done()
  })
}

function pathOf(target: string): string {
  const end = target.search(/[?#]/)
  return end === -1 ? target : target.slice(0, end)
}

/** Routes that were added before the guard, which cannot see them: they have no word, whatever they say. */
function routesBefore(app: FastifyInstance): DeclaredRoute[] {
  const tree = app.printRoutes({ commonPrefix: false })
  const above: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods] =
      /^((?:│ {3}| {4})*)(?:├|└)── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? []
    if (part === '') return []
    const depth = indent.length / 4
    above.length = depth
    above.push(part)
    const path = above.join('')
    return (methods?.split(', ') ?? []).map((method) => ({ method, path, access: undefined }))
  })
}

/** The HEAD that Fastify adds to every GET, with the same options. */
function isTwin({ method, path, access }: DeclaredRoute, routes: readonly DeclaredRoute[]): boolean {
  if (method !== 'HEAD') return false
  return routes.some((other) => other.method === 'GET' && other.path === path && other.access === access)
}

/** Puts a check before all that the route does, also where a later `onRoute` hook sets its hooks anew. */
function keepFirst(options: RouteOptions, check: onRequestHookHandler): void {
  const withCheck = (hooks: RouteOptions['onRequest']) => [
    check,
    ...[hooks ?? []].flat().filter((hook) => hook !== check),
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
    prefixes.push(this.prefix === '' ? '/' : this.prefix)
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
