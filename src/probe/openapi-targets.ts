import { isJsonObject, type JsonObject } from '../base/strict-json.ts'
import type { AccessData } from '../model/inventory.ts'
import { type Carrier, fillPath, NOBODY, type Target } from './target.ts'

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const

/** What a document says of an API. */
export interface OpenApiApi {
  readonly title: string
  /** Where the document says that the API is, as it stands there. */
  readonly servers: readonly string[]
  readonly targets: readonly Target[]
}

/**
 * The operations of an OpenAPI document (3.0 or 3.1), each with the security it declares (section 4.8.10). Follows
 * references within the document. Does not judge whether the document is valid. Throws a TypeError where it is no
 * OpenAPI document at all.
 */
export function openApiTargets(document: unknown): OpenApiApi {
  if (!isJsonObject(document) || typeof document.openapi !== 'string' || !isJsonObject(document.paths)) {
    throw new TypeError('this is no OpenAPI 3 document: it has no `openapi` and `paths`')
  }
  const targets = Object.entries(document.paths).flatMap(([path, found]) => {
    const item = resolve(document, found)
    return METHODS.flatMap((method) => {
      const operation = resolve(document, item[method])
      return item[method] === undefined ? [] : [targetOf(document, path, method, item, operation)]
    })
  })
  const servers = listOf(document.servers).flatMap(({ url }) => (typeof url === 'string' ? [url] : []))
  const { title } = objectOf(document.info)
  return { title: typeof title === 'string' ? title : 'an API without a title', servers, targets }
}

function targetOf(
  document: JsonObject,
  path: string,
  method: string,
  item: JsonObject,
  operation: JsonObject,
): Target {
  // An operation that says nothing inherits what the document says; an empty list of its own takes that back.
  const alternatives = listOf(operation.security ?? document.security)
  const optional = alternatives.some((needed) => Object.keys(needed).length === 0)
  const schemes = objectOf(objectOf(document.components).securitySchemes)
  const parameters = [...listOf(item.parameters), ...listOf(operation.parameters)].map((parameter) =>
    resolve(document, parameter),
  )
  const sampleFor = (name: string, place: string) =>
    sampleOf(
      document,
      parameters.find((parameter) => parameter.name === name && parameter.in === place),
    )
  const query = parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required === true)
    .map(({ name }): [string, string] => [String(name), sampleFor(String(name), 'query') ?? 'probe'])
  const search = query.length > 0 ? `?${new URLSearchParams(query)}` : ''
  return {
    method: method.toUpperCase(),
    path,
    address: fillPath(path, (name) => sampleFor(name, 'path')) + search,
    access: alternatives.length === 0 || optional ? 'anyone' : accessOf(alternatives),
    ...(optional && alternatives.length > 1 && { optional }),
    carriers: [
      ...new Set(
        alternatives.flatMap((needed) =>
          Object.keys(needed).map((name) => carrierOf(resolve(document, schemes[name]))),
        ),
      ),
    ],
    body: bodyOf(document, operation),
  }
}

/** The least that lets somebody in: the alternative that names scopes says which; those without are for `signedIn`. */
function accessOf(alternatives: readonly JsonObject[]): AccessData {
  const scopes = alternatives.map((needed) => [
    ...new Set(
      Object.values(needed).flatMap((names) =>
        Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [],
      ),
    ),
  ])
  const named = scopes.find((names) => names.length > 0)
  return named === undefined ? 'signedIn' : { needs: { scopes: named } }
}

function carrierOf({ type, scheme }: JsonObject): Carrier {
  if (type === 'oauth2' || type === 'openIdConnect') return 'bearer'
  if (type === 'http' && String(scheme).toLowerCase() === 'bearer') return 'bearer'
  return type === 'http' && String(scheme).toLowerCase() === 'basic' ? 'basic' : 'other'
}

function bodyOf(document: JsonObject, operation: JsonObject): Target['body'] {
  const content = objectOf(resolve(document, operation.requestBody).content)
  const [type, media] =
    Object.entries(content).find(([name]) => name.includes('json')) ?? Object.entries(content)[0] ?? []
  if (type === undefined) return undefined
  const { example, examples } = objectOf(media)
  const [first] = Object.values(objectOf(examples)).map((named) => resolve(document, named).value)
  const sample = example ?? first ?? {}
  if (type.includes('json')) return { type, text: JSON.stringify(sample) }
  return type === 'application/x-www-form-urlencoded'
    ? { type, text: String(new URLSearchParams(objectOf(sample) as Record<string, string>)) }
    : { type, text: '' }
}

/** A value for a parameter: its example, or one of its type that is likely to name nothing. */
function sampleOf(document: JsonObject, parameter: JsonObject | undefined): string | undefined {
  if (parameter === undefined) return undefined
  const schema = resolve(document, parameter.schema)
  const example = parameter.example ?? schema.example ?? schema.default ?? listOfAny(schema.enum)[0]
  if (typeof example === 'string' || typeof example === 'number') return String(example)
  if (schema.format === 'uuid') return NOBODY
  const types = [schema.type, ...listOfAny(schema.anyOf).map((one) => resolve(document, one).type)].flat()
  if (types.includes('integer') || types.includes('number')) return '0'
  return types.includes('boolean') ? 'false' : undefined
}

const LONGEST_CHAIN = 8

/** What a reference within the document stands for; anything that is no object is an empty one. */
function resolve(document: JsonObject, value: unknown): JsonObject {
  let found: unknown = value
  for (let step = 0; step < LONGEST_CHAIN; step++) {
    const { $ref: reference } = objectOf(found)
    if (typeof reference !== 'string' || !reference.startsWith('#/')) break
    found = reference
      .slice(2)
      .split('/')
      .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>(
        (at, name) => (Object.hasOwn(objectOf(at), name) ? objectOf(at)[name] : undefined),
        document,
      )
  }
  return objectOf(found)
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}

function listOf(value: unknown): JsonObject[] {
  return listOfAny(value).filter(isJsonObject)
}

function listOfAny(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
