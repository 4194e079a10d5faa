import type { RouteOptions } from 'fastify'
import type { Auth } from '../auth.ts'
import type { Access } from '../model/access.ts'

/** The word of each route, for who describes it. */
const words = new WeakMap<object, () => Access | undefined>()

export function noteWord(options: RouteOptions, word: () => Access | undefined): void {
  words.set(options, word)
}

/** What @fastify/swagger hands to a transform and gets back, as far as it is looked at. */
interface Described<Schema> {
  readonly schema: Schema
  readonly url: string
}

/**
 * The `transform` of @fastify/swagger that adds to each operation what its access word says: `security`, and the
 * answers 401 and 403. What a schema says itself stays.
 */
export function swaggerTransform(auth: Pick<Auth, 'openapi'>) {
  return <Schema>({
    schema,
    url,
    route,
  }: Described<Schema> & { readonly route: object }): Described<Schema> => {
    const access = words.get(route)?.()
    if (access === undefined) return { schema, url }
    const { security, responses } = auth.openapi.operation(access)
    const { response, ...own } = (schema ?? {}) as { readonly response?: object }
    // Without an answer of its own an operation has the 200 that the plugin would give it.
    const answers = response ?? { 200: { description: 'Default Response', type: 'null' } }
    return { schema: { security, ...own, response: { ...responses, ...answers } } as Schema, url }
  }
}
