import { z } from 'zod'
import type { Route } from '../../src/endpoints/route.ts'
import type { BodyType } from '../../src/http/body.ts'

/** One field of one route, as the route's own schema describes it. */
export interface RouteField {
  readonly route: Route
  /** How the body is sent; `query` for a parameter of the address. */
  readonly as: BodyType | 'query'
  readonly name: string
  readonly required: boolean
  /** JSON types that the field takes; empty where it takes anything. */
  readonly types: readonly string[]
  /** A presented secret: whether it is right is all that is said of it. */
  readonly isSecret: boolean
}

/** A request with one thing wrong, and the words for it. */
export interface BrokenRequest {
  readonly what: string
  /** The query with its question mark, or the body as it goes over the wire. */
  readonly text: string
}

interface JsonSchema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

/** Every field of every route of a table, read from the schemas: a route that is added is in the list. */
export function fieldsOf(routes: readonly Route[]): RouteField[] {
  return routes.flatMap((route) => [
    ...(route.body?.types ?? []).flatMap((as) => fieldsIn(route, as, route.body?.schema)),
    ...fieldsIn(route, 'query', route.query),
  ])
}

function fieldsIn(route: Route, as: RouteField['as'], schema: z.ZodType | undefined): RouteField[] {
  if (schema === undefined) return []
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  const resolve = ({ $ref, ...rest }: JsonSchema): JsonSchema =>
    $ref === undefined ? rest : resolve(root.$defs?.[$ref.replace('#/$defs/', '')] ?? {})
  const { properties, required = [] } = resolve(root)
  if (properties === undefined) {
    throw new TypeError(`the fields of ${route.path} cannot be read from its schema`)
  }
  return Object.entries(properties).map(([name, field]) => ({
    route,
    as,
    name,
    required: required.includes(name),
    types: typesOf(resolve(field)),
    isSecret: resolve(field).format === 'password',
  }))
}

function typesOf({ type, anyOf = [], enum: values }: JsonSchema): string[] {
  if (values !== undefined) return ['string']
  return type === undefined ? anyOf.flatMap(typesOf) : [type].flat()
}

/** What works, or is at least complete: the route's own example. */
export function goodFields(route: Route): Readonly<Record<string, unknown>> {
  return (route.body?.example ?? {}) as Readonly<Record<string, unknown>>
}

const TOO_LONG = 'x'.repeat(20_000)
const CONTROL = ['a\u0000b', 'a\r\nSet-Cookie: x', 'a\u001b[2J', 'a\u0085b']

/** The ways in which a field of text can be wrong whatever it means. */
export function* breaksOf(field: RouteField): Generator<BrokenRequest> {
  const { as, name, required, types, isSecret, route } = field
  const good = as === 'query' ? {} : goodFields(route)
  const write = (value: unknown) => writeFields(as, { ...good, [name]: value })
  const { [name]: _, ...others } = good
  if (required) yield { what: 'missing', text: writeFields(as, others) }
  yield { what: 'sent twice', text: writeTwice(as, name, good) }
  const isText = types.includes('string')
  if (isText) {
    yield { what: 'too long', text: write(TOO_LONG) }
    if (!isSecret) for (const text of CONTROL) yield { what: JSON.stringify(text), text: write(text) }
  }
  if (as !== 'json' || types.length === 0) {
    // `keep[$ne]=x` is how some servers read an object out of a form.
    if (required) yield { what: 'an operator', text: writeFields(as, { ...others, [`${name}[$ne]`]: 'x' }) }
    return
  }
  const wrong: readonly (readonly [type: string, value: unknown])[] = [
    ['null', null],
    ['number', 7],
    ['boolean', true],
    ['string', 'x'],
    ['array', ['x']],
    ['array', [good[name]]],
    ['object', { $ne: '' }],
    ['object', { $gt: '', toString: 'x' }],
  ]
  for (const [type, value] of wrong) {
    const takes = types.includes(type) || (type === 'number' && types.includes('integer'))
    if (!takes) yield { what: JSON.stringify(value), text: write(value) }
  }
}

/** The fields as they go over the wire. */
export function writeFields(as: RouteField['as'], fields: Readonly<Record<string, unknown>>): string {
  if (as === 'json') return JSON.stringify(fields)
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    // A member may be called `toString`.
    parameters.append(name, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  return (as === 'query' ? '?' : '') + parameters
}

function writeTwice(as: RouteField['as'], name: string, good: Readonly<Record<string, unknown>>): string {
  const text = writeFields(as, { ...good, [name]: good[name] ?? 'x' })
  const again = writeFields(as, { [name]: good[name] ?? 'x' })
  return as === 'json' ? `${text.slice(0, -1)},${again.slice(1)}` : `${text}&${again.replace('?', '')}`
}
