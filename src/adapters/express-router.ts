import type { Request, Response } from 'express'
import type { CallSite } from '../base/call-site.ts'
import type { Access } from '../model/access.ts'
import { joinAccess, withoutRules } from '../model/access-join.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { placeOf, placeOfCaller, wordOf } from './guard-mark.ts'
import type { FindPathWord } from './path-words.ts'
import type { DeclaredRoute } from './undeclared-routes.ts'

/** The parts of Express's router that guards look at. They are the same in all of Express 5. */
export interface RouterLayer {
  handle: unknown
  readonly route?: RouterRoute | undefined
  /** Of a handler inside of a route; undefined for all methods. */
  readonly method?: string | undefined
  readonly path?: string
  readonly params?: Params
  match(path: string): boolean | Matched
}

type Params = GuardRequest['params']

/** What of a path a layer takes, and the variable parts of that. */
interface Matched {
  readonly path: string
  readonly params: Params
}

export interface RouterRoute {
  readonly path: unknown
  readonly stack: readonly RouterLayer[]
  readonly methods: Readonly<Record<string, boolean>>
  dispatch: RouteHandler
  _handlesMethod(method: string): boolean
}

export interface ExpressRouter {
  readonly stack: RouterLayer[]
  handle: RouteHandler
  /** What `param` was given, by name: Express runs it before the route is entered. */
  readonly params: Readonly<Record<string, unknown>>
  readonly mergeParams?: boolean
  use(...args: unknown[]): unknown
  route(path: unknown): RouterRoute
  param(...args: unknown[]): unknown
}

export type RouteHandler = (request: Request, response: Response, next: (error?: unknown) => void) => void

interface ExpressApplication {
  readonly router: ExpressRouter
  use(...args: unknown[]): unknown
}

/** What is done with every route and every router, those that are there and those that come. */
export interface RouterHooks {
  /** Stands in for the dispatch of a route. */
  guardRoute(route: RouterRoute): void
  /** Stands in for the handling of a router inside of another one. */
  guardNested(router: ExpressRouter): void
  /** Of a layer that leads into an application nobody can look into any more. */
  refuseMount(layer: RouterLayer): void
}

/** The tree of routers of one application, kept up to date as it grows. */
export interface RouterTree {
  /** Every route with the word that counts for it, under each path that leads to it. */
  routes(): readonly DeclaredRoute[]
  /** The paths that lead to a route. */
  pathsOf(route: RouterRoute): readonly string[]
  /** The route that a request will come to first, with its words; undefined where none answers to it. */
  find(method: string, path: string): FoundRoute | undefined
  /** Whether one of the routers has work for variable parts of a path (`param`). */
  readsParams(): boolean
}

interface TreeRoute extends DeclaredRoute {
  readonly route: RouterRoute | undefined
}

export interface FoundRoute {
  readonly route: RouterRoute
  readonly words: readonly Access[]
  /** As the route will have them. */
  readonly params: Params
  /** Words of groups whose rules are not among `words`, for they see the variable parts of their own paths. */
  readonly ruled: readonly { readonly word: Access; readonly params: Params }[]
  /** Whether one of the routers on the way looks up what the path names (`param`) before the route is entered. */
  readonly looksUp: boolean
}

/** Takes an application with all that is in it by now, and all that will be added. */
export function adoptApplication(
  app: ExpressApplication,
  hooks: RouterHooks,
  pathWord: FindPathWord,
): RouterTree {
  const adopted = new WeakSet<object>()
  let readsParams = false
  /** Until the tree grows. */
  let paths: Map<RouterRoute, string[]> | undefined
  const applications = new WeakMap<object, ExpressApplication>()
  const usedAt = new WeakMap<RouterLayer, unknown>()
  /** Where routes were declared, of those that came after the guards: one without a word shall be found. */
  const places = new WeakMap<RouterRoute, CallSite | undefined>()

  /** The router that a layer leads into, also where an application is mounted. */
  const nestedOf = ({ handle }: RouterLayer): ExpressRouter | undefined => {
    const application = applications.get(handle as object)
    if (application !== undefined) return application.router
    if (isApplication(handle)) return handle.router
    return isRouter(handle) ? handle : undefined
  }

  const adoptLayer = (layer: RouterLayer): void => {
    if (layer.route !== undefined) adoptRoute(layer.route)
    const nested = nestedOf(layer)
    if (nested === undefined || adopted.has(nested)) return
    hooks.guardNested(nested)
    if (isApplication(layer.handle)) adoptApp(layer.handle)
    else adoptRouter(nested)
  }
  const adoptRoute = (route: RouterRoute): void => {
    if (adopted.has(route)) return
    adopted.add(route)
    hooks.guardRoute(route)
  }
  const adoptRouter = (router: ExpressRouter): void => {
    if (adopted.has(router)) return
    adopted.add(router)
    readsParams ||= Object.keys(router.params).length > 0
    const { use, route, param } = router
    router.param = function (this: unknown, ...args) {
      readsParams = true
      return Reflect.apply(param, this, args)
    }
    router.route = function (this: unknown, path) {
      const added: RouterRoute = Reflect.apply(route, this, [path])
      paths = undefined
      places.set(added, placeOfCaller())
      adoptRoute(added)
      return added
    }
    router.use = function (this: unknown, ...args) {
      const before = router.stack.length
      const result: unknown = Reflect.apply(use, this, args)
      paths = undefined
      for (const layer of router.stack.slice(before)) {
        usedAt.set(layer, typeof args[0] === 'function' ? '/' : args[0])
        adoptLayer(layer)
      }
      return result
    }
    for (const layer of router.stack) {
      if (isMount(layer.handle)) hooks.refuseMount(layer)
      else adoptLayer(layer)
    }
  }
  const adoptApp = (application: ExpressApplication): void => {
    if (adopted.has(application)) return
    adopted.add(application)
    const { use } = application
    application.use = function (this: unknown, ...args) {
      const { stack } = application.router
      const before = stack.length
      const result: unknown = Reflect.apply(use, this, args)
      // Express hides a mounted application behind a function of its own, one for each, in their order.
      const mounted = args.flat(Number.POSITIVE_INFINITY).filter(isApplication)
      const layers = stack.slice(before).filter(({ handle }) => isMount(handle))
      for (const [at, layer] of layers.entries()) {
        const child = mounted[at]
        if (child === undefined) continue
        applications.set(layer.handle as object, child)
        usedAt.set(layer, typeof args[0] === 'function' ? '/' : args[0])
        adoptApp(child)
        adoptLayer(layer)
      }
      return result
    }
    adoptRouter(application.router)
  }
  adoptApp(app)

  const pathOfLayer = (layer: RouterLayer): unknown =>
    layer.route?.path ?? (layer as { rawPath?: unknown }).rawPath ?? usedAt.get(layer) ?? '/'

  const list = (
    router: ExpressRouter,
    prefix: string,
    outer: readonly Access[],
    inside: Set<object>,
  ): TreeRoute[] => {
    if (inside.has(router)) return []
    const within = new Set(inside).add(router)
    const groups: { readonly path: string; readonly word: Access }[] = []
    return router.stack.flatMap((layer): TreeRoute[] =>
      [pathOfLayer(layer)].flat(Number.POSITIVE_INFINITY).flatMap((one) => {
        const path = joinPaths(prefix, String(one))
        const word = layer.route === undefined ? wordOf(layer.handle) : undefined
        if (word !== undefined) {
          groups.push({ path, word })
          return []
        }
        const group = [...outer, ...groups.filter((row) => coversPath(row.path, path)).map((row) => row.word)]
        const { route } = layer
        if (route !== undefined) {
          const place = places.get(route)
          return listRoute(route, path, group, pathWord).map((one) => ({ ...one, at: one.at ?? place }))
        }
        const nested = nestedOf(layer)
        if (nested !== undefined) return list(nested, path, group, within)
        if (!isMount(layer.handle)) return []
        return [
          { method: '*', path: `${path} (application mounted before)`, access: undefined, route: undefined },
        ]
      }),
    )
  }

  const find = (
    router: ExpressRouter,
    method: string,
    path: string,
    outer: Omit<FoundRoute, 'route'>,
    depth: number,
  ): FoundRoute | undefined => {
    let { words: group, ruled, looksUp } = outer
    for (const layer of router.stack) {
      const matched = matchOf(layer, path)
      if (matched === undefined) continue
      const params = router.mergeParams ? { ...outer.params, ...matched.params } : matched.params
      looksUp ||= Object.keys(matched.params).some((name) => router.params[name] !== undefined)
      if (layer.route !== undefined) {
        if (!layer.route._handlesMethod(method)) continue
        const words = [...group, ...wordsOfRoute(layer.route, method)]
        return { route: layer.route, words, params, ruled, looksUp }
      }
      const word = wordOf(layer.handle)
      if (word !== undefined) {
        const plain = withoutRules(word)
        group = [...group, plain]
        if (plain !== word) ruled = [...ruled, { word, params }]
      }
      const nested = depth < DEEPEST ? nestedOf(layer) : undefined
      const rest = path.slice(matched.path.length) || '/'
      const found = nested && find(nested, method, rest, { words: group, params, ruled, looksUp }, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }

  const routes = (): TreeRoute[] => list(app.router, '', [], new Set())
  const listPaths = (): Map<RouterRoute, string[]> => {
    const listed = new Map<RouterRoute, string[]>()
    for (const { route, path } of routes()) {
      if (route !== undefined) listed.set(route, [...new Set(listed.get(route)).add(path)])
    }
    return listed
  }
  return {
    routes,
    pathsOf(route) {
      if (paths?.has(route) !== true) paths = listPaths()
      return paths.get(route) ?? []
    },
    find: (method, path) =>
      find(app.router, method, path, { words: [], params: {}, ruled: [], looksUp: false }, 0),
    readsParams: () => readsParams,
  }
}

/** What Express's own parsers of bodies are called. */
const PARSERS: ReadonlySet<string> = new Set(['jsonParser', 'urlencodedParser', 'rawParser', 'textParser'])

/** Moves the handler that was added last in front of the first parser of bodies, if one was added before. */
export function moveBeforeParsers({ stack }: ExpressRouter): void {
  const parser = stack.findIndex(({ handle }) => typeof handle === 'function' && PARSERS.has(handle.name))
  const last = stack.pop()
  if (last !== undefined) stack.splice(parser === -1 ? stack.length : parser, 0, last)
}

/** Routers inside of one another, at most. */
const DEEPEST = 32

/** Those that a route answers; `*` where it answers all. */
export function methodsOfRoute({ methods }: RouterRoute): string[] {
  return Object.keys(methods).map((name) => (name === '_all' ? '*' : name.toUpperCase()))
}

/** The guards of a route that run for this method. */
export function guardsOfRoute(route: RouterRoute, method: string): unknown[] {
  const asked = method.toLowerCase()
  const name = asked === 'head' && route.methods.head !== true ? 'get' : asked
  return route.stack
    .filter((layer) => layer.method === undefined || layer.method === name)
    .map(({ handle }) => handle)
    .filter((handle) => wordOf(handle) !== undefined)
}

/** What they ask for. */
export function wordsOfRoute(route: RouterRoute, method: string): Access[] {
  return guardsOfRoute(route, method).flatMap((guard) => wordOf(guard) ?? [])
}

function listRoute(
  route: RouterRoute,
  path: string,
  group: readonly Access[],
  pathWord: FindPathWord,
): TreeRoute[] {
  const at = route.stack.map(({ handle }) => placeOf(handle)).find((place) => place !== undefined)
  return methodsOfRoute(route).map((method) => {
    const access = joinAccess([...group, ...wordsOfRoute(route, method)]) ?? pathWord(method, path)
    return { method, path, access, at, route }
  })
}

/** Undefined if it does not match. Express answers 400 where matching throws. */
function matchOf(layer: RouterLayer, path: string): Matched | undefined {
  try {
    const match = layer.match(path)
    if (match === false) return undefined
    return match === true ? { path: layer.path ?? '', params: layer.params ?? {} } : match
  } catch {
    return undefined
  }
}

function coversPath(group: string, path: string): boolean {
  const below = group.endsWith('/') ? group : `${group}/`
  return path === group || path.startsWith(below)
}

function joinPaths(prefix: string, path: string): string {
  if (path === '/') return prefix === '' ? '/' : prefix
  return prefix === '/' ? path : prefix + path
}

function isRouter(handle: unknown): handle is ExpressRouter {
  return typeof handle === 'function' && Array.isArray((handle as Partial<ExpressRouter>).stack)
}

function isApplication(value: unknown): value is ExpressApplication {
  return typeof value === 'function' && 'handle' in value && 'set' in value && 'router' in value
}

function isMount(handle: unknown): boolean {
  return typeof handle === 'function' && handle.name === 'mounted_app'
}
