import type { IncomingMessage } from 'node:http'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import { Refusal } from '../errors/refusal.ts'
import type { Gate } from '../guard/gate.ts'
import { type Access, anyone as ANYONE } from '../model/access.ts'
import { joinAccess, withoutRules } from '../model/access-join.ts'
import { INVENTORY } from '../model/inventory.ts'
import { createEdge, dressResponse, type Edge, type EdgeOptions } from './edge.ts'
import { check, checkAll, ExpressGuardRequest } from './express-admission.ts'
import { type ExpressRouter, methodsOfRoute, type RouterRoute, rememberGuards } from './express-layers.ts'
import { adoptApplication, moveBeforeParsers } from './express-router.ts'
import { judgeOf, leaveTo, tellsMethods, watchAnswer } from './express-silence.ts'
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

  const judge = (request: Request, response: Response, path: string, status: number) => {
    const { guards, group } = standingOf(request, gate)
    if (status >= 400 || guards !== undefined || group.length > 0 || tellsMethods(response)) return undefined
    if (wordForRequest(pathWord, request.method, path) === ANYONE) return undefined
    return gate.refuse(new Refusal('ROUTE_UNDECLARED'), new ExpressGuardRequest(request))
  }

  /** Whoever will be refused is refused before anybody reads the body, or looks up what the path names. */
  const checkEarly = (request: Request, response: Response, next: () => void, path: string): void => {
    const byPath = wordForRequest(pathWord, request.method, path)
    const isPressing = hasBody(request) || tree.limitsAnyone() || (byPath !== undefined && byPath !== ANYONE)
    const found = isPressing || tree.readsParams() ? tree.find(request.method, path) : undefined
    const isNoMatter = !isPressing && found?.looksUp !== true
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
    // As Express's router reads it: a target may be a whole address (RFC 9112 section 3.2.2).
    const { path } = request
    const inner = issuerPath(path)
    if (inner !== undefined && listener !== undefined) {
      const body = bytesOf(request.body, request.headers['content-type'])
      listener(request, response, { path: inner, address: request.ip, body })
      return
    }
    if (edge !== undefined && answersPreflight(edge, request, response)) return
    watchAnswer(response, (status) => judge(request, response, path, status))
    // Middleware that serves files reads a path in more ways than one.
    const apart = tree.groupsApart(path)
    if (apart.length === 0) checkEarly(request, response, next, path)
    else checkAll(gate, apart, request, response, () => checkEarly(request, response, next, path))
  })

  const { router } = app as unknown as { router: ExpressRouter }
  moveBeforeParsers(router)
  const { handle } = router
  router.handle = (request, response, done) => {
    const standing = standingOf(request, gate)
    const { group } = standing
    const outer = judgeOf(response)
    handle.call(router, request, response, (error) => {
      // What was said in here is nothing to an application that handed on to this one.
      standing.group = group
      if (outer !== undefined) leaveTo(response, outer)
      done(error)
    })
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

function hasBody({ headers }: Request): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}
