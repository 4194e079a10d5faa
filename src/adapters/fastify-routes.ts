import type { FastifyInstance, RouteOptions } from 'fastify'
import { Access } from '../model/access.ts'
import { hasRules, joinAccess } from '../model/access-join.ts'
import { type GuardedConfig, wordsOfScope } from './fastify-words.ts'
import type { readPathWords } from './path-words.ts'
import type { DeclaredRoute } from './undeclared-routes.ts'

/** A route as it stands in its plugin. Its word is complete when all plugins have been loaded. */
export class ScopedRoute implements DeclaredRoute {
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

/** Routes that were added before the guard, which cannot see them: they have no word, whatever they say. */
export function routesBefore(app: FastifyInstance): DeclaredRoute[] {
  const above: string[] = []
  const routes = app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      // The second of several that differ by a constraint alone has no branch of its own.
      const [, indent = '', branch = '', part = '', methods = ''] =
        /^((?:│ {3}| {4})*)([├└]── )?(.*?)(?: \(([A-Z, -]+)\)(?: \{.*\})?)?$/.exec(line) ?? []
      if (branch !== '') above.splice(indent.length / 4, above.length, part)
      const path = above.join('')
      return methods === ''
        ? []
        : methods.split(', ').map((method) => ({ method, path, access: undefined, isEarly: true }))
    })
  // Fastify takes one for each prefix, and notes that it has it.
  const handlers = scopesOf(app).filter((scope) => ownOf(scope, 'canSetNotFoundHandler') === false)
  return [...routes, ...handlers.map(({ prefix }) => ({ ...notFoundHandler(prefix), isEarly: true }))]
}

/** A not-found handler answers like a route does. */
export function notFoundHandler(prefix: string): DeclaredRoute {
  return { method: '*', path: `${prefix === '' ? '/' : prefix} (not-found handler)`, access: undefined }
}

/** The application, and the plugins in it that have been loaded: each has taken the `onRoute` hooks that were there then. */
export function scopesOf(app: FastifyInstance): FastifyInstance[] {
  const children = ownOf(app, 'children') as readonly FastifyInstance[]
  return [app, ...children.flatMap(scopesOf)]
}

/** What Fastify keeps in an application, or in a plugin of its own scope, under a symbol. */
function ownOf(scope: object, name: string): unknown {
  const symbol = Object.getOwnPropertySymbols(scope).find(
    ({ description }) => description === `fastify.${name}`,
  )
  return symbol && (scope as Record<symbol, unknown>)[symbol]
}

/** Stops the start: of two parts of one name a rule sees the last, and nobody knows which of them it was written for. */
export function refuseAmbiguous(routes: readonly DeclaredRoute[]): void {
  for (const { method, path, access } of routes) {
    if (access === undefined || !hasRules(access)) continue
    const names = [...path.replaceAll('::', '').matchAll(/(?<!\?):(\w+)/g)].map(([, name]) => name)
    if (new Set(names).size < names.length) {
      throw new TypeError(
        `${method} ${path}: two of its parts have one name, and its rule would see the last`,
      )
    }
  }
}

/** The HEAD that Fastify adds to every GET, with the same options. */
export function isTwin({ method, path, access }: DeclaredRoute, routes: readonly DeclaredRoute[]): boolean {
  if (method !== 'HEAD') return false
  return routes.some((other) => other.method === 'GET' && other.path === path && other.access === access)
}
