import type { Request, Response } from 'express'
import type { Access } from '../model/access.ts'
import { joinAccess } from '../model/access-join.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { wordOf } from './guard-mark.ts'

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

export type Params = GuardRequest['params']

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

export interface ExpressApplication {
  readonly router: ExpressRouter
  use(...args: unknown[]): unknown
}

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

interface RouteGuards {
  /** What they ask for together; undefined where there are none. */
  readonly word: Access | undefined
  readonly guards: ReadonlySet<unknown>
}

/** The guards of a route for each method, looked up again when it gets another handler. */
export function rememberGuards(route: RouterRoute): (method: string) => RouteGuards {
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

/** Undefined if it does not match. Express answers 400 where matching throws. */
export function matchOf(layer: RouterLayer, path: string): Matched | undefined {
  try {
    const match = layer.match(path)
    if (match === false) return undefined
    return match === true ? { path: layer.path ?? '', params: layer.params ?? {} } : match
  } catch {
    return undefined
  }
}

export function isRouter(handle: unknown): handle is ExpressRouter {
  return typeof handle === 'function' && Array.isArray((handle as Partial<ExpressRouter>).stack)
}

export function isApplication(value: unknown): value is ExpressApplication {
  if (!looksMounted(value)) return false
  try {
    return isRouter((value as { readonly router?: unknown }).router)
  } catch {
    // Express 4 throws where it is asked for its router.
    return false
  }
}

/** What Express takes for an application, and so mounts. */
export function looksMounted(value: unknown): boolean {
  return typeof value === 'function' && 'handle' in value && 'set' in value
}

export function isMount(handle: unknown): boolean {
  return typeof handle === 'function' && handle.name === 'mounted_app'
}
