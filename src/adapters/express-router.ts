import type { CallSite } from '../base/call-site.ts'
import { Access } from '../model/access.ts'
import { joinAccess, withoutRules } from '../model/access-join.ts'
import {
  type ExpressApplication,
  type ExpressRouter,
  isApplication,
  isMount,
  isRouter,
  looksMounted,
  matchOf,
  methodsOfRoute,
  type Params,
  type RouterLayer,
  type RouterRoute,
  wordsOfRoute,
} from './express-layers.ts'
import { placeOf, placeOfCaller, wordOf } from './guard-mark.ts'
import { type FindPathWord, tidiedPath } from './path-words.ts'
import type { DeclaredRoute } from './undeclared-routes.ts'

/** What is done with every route and every router, those that are there and those that come. */
export interface RouterHooks {
  /** Stands in for the dispatch of a route. */
  guardRoute(route: RouterRoute): void
  /** Stands in for the handling of a router inside of another one. */
  guardNested(router: ExpressRouter): void
  /** Of a layer that leads into an application nobody can look into any more. */
  refuseMount(layer: RouterLayer): void
  /** Whether an application inside of this one is guarded for another auth. */
  isOthers(application: object): boolean
}

/** The tree of routers of one application, kept up to date as it grows. */
export interface RouterTree {
  /** Every route with the word that counts for it, under each path that leads to it. */
  routes(): readonly DeclaredRoute[]
  /** The paths that lead to a route. */
  pathsOf(route: RouterRoute): readonly string[]
  /** The route that a request will come to first, with its words; undefined where none answers to it. */
  find(method: string, path: string): FoundRoute | undefined
  /**
   * Groups that a path is inside of for whoever decodes and tidies it, as servers of files do, and not for Express:
   * `/%70rivate/x`, `//private/x`.
   */
  groupsApart(path: string): readonly GroupWord[]
  /** Whether one of the routers has work for variable parts of a path (`param`). */
  readsParams(): boolean
  /** Whether a group for anyone has a limit: it counts whomever the route inside of it asks for. */
  limitsAnyone(): boolean
}

interface TreeRoute extends DeclaredRoute {
  readonly route: RouterRoute | undefined
  /** Whether another auth asks for its word too: one request cannot carry the credentials of both. */
  readonly isOthers?: boolean
}

/** The word of a guard in front of routes, with the variable parts that its rules see. */
export interface GroupWord {
  readonly word: Access | undefined
  readonly params: Params
}

export interface FoundRoute {
  readonly route: RouterRoute
  readonly words: readonly Access[]
  /** As the route will have them. */
  readonly params: Params
  /** Words of groups whose rules are not among `words`, for they see the variable parts of their own paths. */
  readonly ruled: readonly GroupWord[]
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
  let limitsAnyone = false
  /** Until the tree grows. */
  let paths: Map<RouterRoute, string[]> | undefined
  const applications = new WeakMap<object, ExpressApplication>()
  /** Layers that lead into applications of another Express, which are middleware to this one. */
  const foreign = new WeakSet<RouterLayer>()
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

  const isOfOthers = ({ handle }: RouterLayer): boolean =>
    hooks.isOthers(applications.get(handle as object) ?? (handle as object))

  const adoptLayer = (layer: RouterLayer): void => {
    if (layer.route !== undefined) adoptRoute(layer.route)
    const word = wordOf(layer.handle)
    limitsAnyone ||=
      word !== undefined && Access.requirementOf(word) === undefined && Access.limitsOf(word).length > 0
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
      const mounted = args.flat(Number.POSITIVE_INFINITY).filter(looksMounted)
      const layers = stack.slice(before).filter(({ handle }) => isMount(handle))
      for (const [at, layer] of layers.entries()) {
        const child = mounted[at]
        usedAt.set(layer, typeof args[0] === 'function' ? '/' : args[0])
        if (!isApplication(child)) {
          foreign.add(layer)
          continue
        }
        applications.set(layer.handle as object, child)
        adoptLayer(layer)
        adoptApp(child)
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
        if (nested !== undefined) {
          const rows = list(nested, path, group, within)
          return isOfOthers(layer) ? rows.map((row) => ({ ...row, isOthers: true })) : rows
        }
        if (!isMount(layer.handle)) return []
        const what = foreign.has(layer) ? 'of another Express' : 'mounted before'
        const access = foreign.has(layer) ? (joinAccess(group) ?? pathWord('*', path)) : undefined
        return [{ method: '*', path: `${path} (application ${what})`, access, route: undefined }]
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

  /** The guards of groups that a path is inside of, in all routers. */
  const groupsOn = (
    router: ExpressRouter,
    path: string,
    outer: Params,
    depth = 0,
  ): Map<object, GroupWord> => {
    const groups = new Map<object, GroupWord>()
    for (const layer of router.stack) {
      const matched = layer.route === undefined ? matchOf(layer, path) : undefined
      if (matched === undefined) continue
      const params = router.mergeParams ? { ...outer, ...matched.params } : matched.params
      const word = wordOf(layer.handle)
      if (word !== undefined) groups.set(layer, { word, params })
      const nested = depth < DEEPEST ? nestedOf(layer) : undefined
      if (nested === undefined) continue
      const rest = path.slice(matched.path.length) || '/'
      for (const [inner, group] of groupsOn(nested, rest, params, depth + 1)) groups.set(inner, group)
    }
    return groups
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
    routes: () =>
      routes().map(({ isOthers, ...row }) =>
        isOthers && row.access !== undefined && Access.requirementOf(row.access) !== undefined
          ? { ...row, path: `${row.path} (inside of another protect)`, access: undefined }
          : row,
      ),
    pathsOf(route) {
      if (paths?.has(route) !== true) paths = listPaths()
      return paths.get(route) ?? []
    },
    find: (method, path) =>
      find(app.router, method, path, { words: [], params: {}, ruled: [], looksUp: false }, 0),
    groupsApart(path) {
      const tidy = IS_UNTIDY.test(path) ? tidiedPath(path) : path
      if (tidy === undefined || tidy === path) return []
      const met = groupsOn(app.router, path, {})
      return [...groupsOn(app.router, tidy, {})].flatMap(([layer, group]) => (met.has(layer) ? [] : group))
    },
    readsParams: () => readsParams,
    limitsAnyone: () => limitsAnyone,
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

/** What a path has that reads in more ways than one. */
const IS_UNTIDY = /%|\\|\/[/.]/

/** Routers inside of one another, at most. */
const DEEPEST = 32

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

function coversPath(group: string, path: string): boolean {
  const below = group.endsWith('/') ? group : `${group}/`
  return path === group || path.startsWith(below)
}

function joinPaths(prefix: string, path: string): string {
  if (path === '/') return prefix === '' ? '/' : prefix
  return prefix === '/' ? path : prefix + path
}
