import type { FastifyInstance } from 'fastify'
import { Access } from '../model/access.ts'
import type { Principal } from '../model/principal.ts'

/** `config` of a route with an access word. */
export interface GuardedConfig<Who> {
  readonly access: Access<Who>
}

/** What a handler gets as principal, by the word in the config of its route. */
export type PrincipalOf<Config> = Config extends GuardedConfig<infer Who> ? Who : Principal | undefined

/**
 * Route options: `app.get('/me', guard(auth.signedIn), (request) => request.principal.id)`. They work in an application that
 * `protect` was called for; in all others the route refuses. It goes first, `{ ...guard(word), onRequest: yours }`: behind a
 * hook of yours it would take that one's place, and the compiler says so.
 */
export function guard<Who>(access: Access<Who>): { config: GuardedConfig<Who>; onRequest: never[] } {
  if (!Access.is(access)) throw new TypeError('guard(): not an access word; use anyone, signedIn or needs()')
  // Its type names no kind of server, so that it suits each.
  return { config: { access }, onRequest: [refuseUnprotected] as never[] }
}

/** The applications that `protect` was called for. */
const protectedRoots = new WeakSet<object>()

/** Throws inside of a plugin of its own scope. */
export function noteProtection(app: object): void {
  if (rootOf(app) !== app) {
    throw new Error(
      'protect() is for the whole application: call it there, or wrap the plugin that does in fastify-plugin',
    )
  }
  protectedRoots.add(app)
}

/** A plugin inside of another has it as its prototype, which is how Fastify nests them. */
function rootOf(app: object): object {
  const around: unknown = Object.getPrototypeOf(app)
  return around === null || around === Object.prototype ? app : rootOf(around as object)
}

function requireProtection(app: object): void {
  if (!protectedRoots.has(rootOf(app))) {
    throw new Error('guard() needs protect(app, auth), or nobody would be checked')
  }
}

/** The hook of a guarded route, which the check of `protect` takes the place of. */
export async function refuseUnprotected({ server }: { readonly server: object }): Promise<void> {
  requireProtection(server)
}

/** The words of plugins. */
const scopeWords = new WeakMap<object, readonly Access[]>()

export function wordsOfScope(scope: object | null): Access[] {
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
  scope.addHook('onReady', async () => requireProtection(scope))
}
