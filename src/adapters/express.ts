import type { IncomingMessage } from 'node:http'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import { Refusal } from '../errors/refusal.ts'
import { RefusalAnswer } from '../errors/refusal-answer.ts'
import type { Admission, Gate } from '../guard/gate.ts'
import { RawGuardRequest } from '../guard/guard-request.ts'
import { type Access, anyone as ANYONE } from '../model/access.ts'
import { joinAccess, withoutRules } from '../model/access-join.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { INVENTORY } from '../model/inventory.ts'
import { createEdge, dressResponse, type Edge, type EdgeOptions } from './edge.ts'
import {
  type ExpressRouter,
  guardsOfRoute,
  methodsOfRoute,
  type RouterRoute,
  wordsOfRoute,
} from './express-layers.ts'
import { adoptApplication, type GroupWord, moveBeforeParsers } from './express-router.ts'
import { type JudgeAnswer, watchAnswer } from './express-silence.ts'
import { isElsewhere, standingOf } from './express-standing.ts'
import { markGuard } from './guard-mark.ts'
import { bytesOf, issuerListener } from './issuer-listener.ts'
import { type Embedded, findIssuerPaths, isIssuer } from './issuer-paths.ts'
import { type PathWords, readPathWords, wordForRequest } from './path-words.ts'
import { checkProtect, type Protection } from './protection.ts'
import { inventoryOf, refuseUndeclared } from './undeclared-routes.ts'

export interface ExpressProtectOptions extends EdgeOptions {
  /** Where the issuer's endpoints are; by default below the path of the configured issuer. */
  readonly at?: string
  /** Words for what has no guard of its own, middleware that answers among them: `{ '/static/*': anyone }`. */
  readonly paths?: PathWords
}

/** The gate of an application, and of a request where it is inside of one that no longer knows. */
const GATE = Symbol('countersign.gate')

/**
 * Middleware that types `locals`, and leaves all else as Express has it: it names nothing of a request that Express would
 * infer from the path. Types are inferred by the last signature; the first is for generics that are named by hand, and for lists.
 */
export interface GuardHandler<Who> {
  (request: IncomingMessage, response: Response, next: NextFunction): unknown
  (request: IncomingMessage, response: Response<unknown, { principal: Who }>, next: NextFunction): unknown
}

/**
 * A guard, as middleware of a route (`app.get('/me', guard(auth.signedIn), handler)`) or of all that follows in a router
 * or below a path (`router.use(guard(word))`). What the word lets in is `response.locals.principal`. Words of a group
 * and of a route both have to hold. It works in an application that `protect` was called for, and refuses in all others.
 */
export function guard<Who>(access: Access<Who>): GuardHandler<Who> {
  const handler: RequestHandler = (request, response, next) => {
    const gate = gateOf(request)
    const standing = standingOf(request, gate)
    // The words of a route were all checked before its first handler; not those of a router that it hands on to.
    if (standing.guards?.has(handler) && standing.isSame(request)) {
      next()
      return
    }
    const group = [...standing.group, access]
    const word = joinAccess(group)
    check(gate, word, request, response, () => {
      // Its rules have looked at the path of the group: the route's may use the same name for another part of it.
      standing.enter(group.map(withoutRules), request)
      next()
    })
  }
  return markGuard(handler, access) as never
}

/**
 * Guards every route of an Express application, and embeds the issuer. Bodies may be parsed before or after: a stranger
 * is refused first. `listen` throws an UndeclaredRoutesError if a route has no access word, as `ready()` rejects; what
 * answers without a word answers 403.
 */
export function protect(
  app: Express,
  auth: Embedded,
  { at, paths, ...edgeOptions }: ExpressProtectOptions = {},
): Protection {
  checkProtect(app, auth)
  const { gate } = auth
  const edge = createEdge(edgeOptions)
  const pathWord = readPathWords(paths)
  const issuerPath = findIssuerPaths(auth, at)
  const listener = isIssuer(auth) ? issuerListener(auth) : undefined
  Object.defineProperty(app, GATE, { value: gate })

  const tree = adoptApplication(
    app as never,
    {
      guardRoute(route) {
        const { dispatch } = route
        const silent = (method: string): Access | undefined => wordOfSilent(route, method)
        const guardsFor = rememberGuards(route)
        route.dispatch = (request, response, done) => {
          // Express comes here with every HEAD, and goes on where the route answers to none.
          if (!route._handlesMethod(request.method) || isElsewhere(request, gate)) {
            dispatch.call(route, request, response, done)
            return
          }
          const standing = standingOf(request, gate)
          const { word: own, guards } = guardsFor(request.method)
          const access =
            standing.group.length === 0
              ? (own ?? silent(request.method))
              : joinAccess(own === undefined ? standing.group : [...standing.group, own])
          const { guards: outer, group } = standing
          const enter = (): void => {
            standing.guards = guards
            standing.meet(access, request)
            dispatch.call(route, request, response, (error) => {
              standing.guards = outer
              standing.group = group
              done(error)
            })
          }
          if (standing.hasMet(access, request)) enter()
          else check(gate, access, request, response, enter)
        }
      },
      refuseMount(layer) {
        layer.handle = function mounted_app(request: Request, response: Response, next: () => void) {
          check(gate, undefined, request, response, next)
        }
      },
      isOthers: (application) => ![undefined, gate].includes((application as { [GATE]?: Gate })[GATE]),
      guardNested(router) {
        const { handle } = router
        router.handle = (request, response, done) => {
          if (isElsewhere(request, gate)) {
            handle.call(router, request, response, done)
            return
          }
          const standing = standingOf(request, gate)
          const { group } = standing
          const within = request as { [GATE]?: Gate | undefined }
          const outer = within[GATE]
          within[GATE] = gate
          handle.call(router, request, response, (error) => {
            standing.group = group
            within[GATE] = outer
            done(error)
          })
        }
      },
    },
    pathWord,
  )

  const wordOfSilent = (route: RouterRoute, method: string): Access | undefined => {
    const asked = method === 'HEAD' && route.methods.head !== true ? 'GET' : method
    const methods = methodsOfRoute(route).filter((one) => one === asked || one === '*')
    const words = tree.pathsOf(route).flatMap((path) => methods.map((one) => pathWord(one, path)))
    const known = words.filter((word) => word !== undefined)
    return known.length === words.length ? joinAccess(known) : undefined
  }

  /** What is asked for, in the terms of this application: it may be mounted in another one. */
  const PATH = Symbol('countersign.path')
  const judge: JudgeAnswer = (response, status) => {
    const request = response.req
    const { guards, group } = standingOf(request, gate)
    if (status >= 400 || guards !== undefined || group.length > 0 || tellsMethods(response)) return undefined
    const path = (request as { [PATH]?: string })[PATH] ?? pathOf(request.originalUrl)
    if (wordForRequest(pathWord, request.method, path) === ANYONE) return undefined
    return gate.refuse(new Refusal('ROUTE_UNDECLARED'), new ExpressGuardRequest(request))
  }

  /** Whoever will be refused is refused before anybody reads the body, or looks up what the path names. */
  const checkEarly = (request: Request, response: Response, next: () => void, path: string): void => {
    const byPath = wordForRequest(pathWord, request.method, path)
    const isOpen = byPath === undefined || byPath === ANYONE
    const found =
      !isOpen || hasBody(request) || tree.readsParams() ? tree.find(request.method, path) : undefined
    const isNoMatter = isOpen && !hasBody(request) && found?.looksUp !== true
    if (isNoMatter || (found === undefined && byPath === undefined)) {
      next()
      return
    }
    const access =
      found === undefined ? byPath : (joinAccess(found.words) ?? wordOfSilent(found.route, request.method))
    const params = found?.params ?? {}
    checkAll(gate, [...(found?.ruled ?? []), { word: access, params }], request, response, () => {
      const standing = standingOf(request, gate)
      standing.meet(access, { method: request.method, params: params as Request['params'] })
      if (found === undefined && access !== undefined) standing.group = [access]
      next()
    })
  }

  app.use(function protection(request, response, next) {
    const path = pathOf(request.url)
    const inner = issuerPath(path)
    if (inner !== undefined && listener !== undefined) {
      const body = bytesOf(request.body, request.headers['content-type'])
      listener(request, response, { path: inner, address: request.ip, body })
      return
    }
    if (edge !== undefined && answersPreflight(edge, request, response)) return
    watchAnswer(response, judge)
    Object.assign(request, { [PATH]: path })
    // Middleware that serves files reads a path in more ways than one.
    const apart = tree.groupsApart(path)
    if (apart.length === 0) checkEarly(request, response, next, path)
    else checkAll(gate, apart, request, response, () => checkEarly(request, response, next, path))
  })

  const { router } = app as unknown as { router: ExpressRouter }
  moveBeforeParsers(router)
  const { handle } = router
  router.handle = (request, response, done) => {
    standingOf(request, gate)
    handle.call(router, request, response, done)
  }

  const { listen } = app
  app.listen = function (this: Express, ...args: never[]) {
    refuseUndeclared(tree.routes())
    return Reflect.apply(listen, this, args)
  } as typeof listen

  const protection: Protection = {
    async ready() {
      refuseUndeclared(tree.routes())
      await auth.ready()
    },
    routes: async () => inventoryOf(tree.routes()),
  }
  Object.defineProperty(app, INVENTORY, { value: protection.routes })
  return protection
}

/** True where there is nothing left to do. */
function answersPreflight(edge: Edge, request: Request, response: Response): boolean {
  const asked = new ExpressGuardRequest(request)
  const answer = edge.preflight(asked)
  if (answer !== undefined) {
    response.status(204).set(answer).end()
    return true
  }
  dressResponse(edge, asked, response)
  return false
}

/** What Express says by itself of the methods of a path that its routes do not answer with OPTIONS. */
function tellsMethods(response: Response): boolean {
  const allow = response.getHeader('Allow')
  return (
    response.req.method === 'OPTIONS' &&
    typeof allow === 'string' &&
    /^[A-Z, -]+$/.test(allow) &&
    Number(response.getHeader('Content-Length')) === allow.length
  )
}

interface RouteGuards {
  /** What they ask for together; undefined where there are none. */
  readonly word: Access | undefined
  readonly guards: ReadonlySet<unknown>
}

/** The guards of a route for each method, looked up again when it gets another handler. */
function rememberGuards(route: RouterRoute): (method: string) => RouteGuards {
  let size = -1
  const known = new Map<string, RouteGuards>()
  return (method) => {
    if (size !== route.stack.length) {
      size = route.stack.length
      known.clear()
    }
    let found = known.get(method)
    if (found === undefined) {
      found = { word: joinAccess(wordsOfRoute(route, method)), guards: new Set(guardsOfRoute(route, method)) }
      known.set(method, found)
    }
    return found
  }
}

function gateOf(request: Request): Gate {
  // An application that is mounted in another one has it as its parent.
  type Application = { readonly [GATE]?: Gate; readonly parent?: Application }
  for (
    let app: Application | undefined = request.app as unknown as Application;
    app !== undefined;
    app = app.parent
  ) {
    const gate = app[GATE]
    if (gate !== undefined) return gate
  }
  const { [GATE]: around } = request as { [GATE]?: Gate | undefined }
  if (around !== undefined) return around
  throw new Error('guard() needs protect(app, auth), or nobody would be checked')
}

function check(
  gate: Gate,
  access: Access | undefined,
  request: Request,
  response: Response,
  enter: () => void,
  params?: GuardRequest['params'],
): void {
  const settle = (admission: Admission): void => {
    if (admission instanceof RefusalAnswer) {
      send(admission, response)
      return
    }
    response.locals.principal = admission
    enter()
  }
  const admission = gate.admit(new ExpressGuardRequest(request, response, params), access)
  if (admission instanceof Promise) void admission.then(settle)
  else settle(admission)
}

/** One after the other. */
function checkAll(
  gate: Gate,
  [step, ...more]: readonly GroupWord[],
  request: Request,
  response: Response,
  enter: () => void,
): void {
  if (step === undefined) enter()
  else {
    const goOn = (): void => checkAll(gate, more, request, response, enter)
    check(gate, step.word, request, response, goOn, step.params)
  }
}

class ExpressGuardRequest extends RawGuardRequest {
  readonly #request: Request
  readonly #response: Response | undefined
  readonly #params: GuardRequest['params'] | undefined

  /** Before the route is entered its `params` are those that it will have. */
  constructor(request: Request, response?: Response, params?: GuardRequest['params']) {
    super(request)
    this.#request = request
    this.#response = response
    this.#params = params
  }
  tell(headers: Readonly<Record<string, string>>): void {
    this.#response?.set(headers)
  }
  override get target(): string {
    return this.#request.originalUrl
  }
  override get params(): GuardRequest['params'] {
    return this.#params ?? (this.#request.params as GuardRequest['params'])
  }
  override get address(): string | undefined {
    return this.#request.ip
  }
}

function send({ status, headers, body }: RefusalAnswer, response: Response): void {
  response.status(status).set(headers).end(body)
}

function hasBody({ headers }: Request): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

function pathOf(target: string): string {
  const end = target.search(/[?#]/)
  return end === -1 ? target : target.slice(0, end)
}
