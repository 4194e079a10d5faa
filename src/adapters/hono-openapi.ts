import type { MiddlewareHandler } from 'hono'
import type { Auth } from '../auth.ts'
import type { Access } from '../model/access.ts'
import { guard } from './hono.ts'

/** The part of a route of @hono/zod-openapi that a word adds to. */
interface Describable {
  readonly responses: object
  readonly middleware?: MiddlewareHandler | readonly MiddlewareHandler[]
}

/**
 * A route for `createRoute` of @hono/zod-openapi with its guard: `createRoute(guardedRoute(auth, word, { … }))`. Adds
 * the middleware, `security`, and the answers 401 and 403; what the route says itself stays.
 */
export function guardedRoute<Who, const Route extends Describable>(
  auth: Pick<Auth, 'openapi'>,
  access: Access<Who>,
  route: Route,
): Route & { readonly middleware: MiddlewareHandler<{ Variables: { principal: Who } }> } {
  const { security, responses } = auth.openapi.operation(access)
  return {
    security,
    ...route,
    middleware: [guard(access), ...[route.middleware ?? []].flat()] as never,
    responses: { ...responses, ...route.responses },
  }
}
