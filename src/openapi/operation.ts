import { STATUS_CODES } from '../base/node-http.ts'
import { isJsonObject } from '../base/strict-json.ts'
import { MEDIA_TYPES } from '../http/body.ts'
import { Access, type Requirement } from '../model/access.ts'
import type { Components, JsonObject } from './components.ts'
import type { DescribedRoute } from './described-route.ts'
import { code } from './markdown.ts'
import { describeRefusals } from './refusals.ts'
import { type SecurityNames, securityOf } from './security.ts'

/** One route as an Operation Object (OpenAPI 3.1 section 4.8.10). */
export function describeOperation(
  route: DescribedRoute,
  components: Components,
  schemes: SecurityNames,
): JsonObject {
  const parameters = [...describePath(route.path), ...describeQuery(route, components)]
  const requirement = Access.requirementOf(route.access)
  const description = [route.description, requirement && describeNeeds(requirement)].filter(Boolean)
  return {
    tags: [route.tag],
    operationId: operationIdOf(route),
    summary: route.summary,
    ...(description.length > 0 && { description: description.join('\n\n') }),
    security: securityOf(route, schemes),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: describeBody(route.body, components) }),
    // Member names that are numbers stand in their order.
    responses: mergeResponses(describeAnswers(route, components), describeRefusals(route, components)),
  }
}

/** `DELETE /users/me/sessions/{id}` is `deleteUsersMeSessionsById`: stable as long as the address is. */
function operationIdOf({ method, path }: DescribedRoute): string {
  const words = path.replaceAll(/\{(\w+)\}/g, 'by $1').split(/[^A-Za-z0-9]+/)
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return method.toLowerCase() + name
}

function describeNeeds({
  scopes,
  roles,
  via,
  freshWithinSeconds,
  secondFactor,
}: Requirement): string | undefined {
  const needs = [
    scopes && `the scope ${scopes.map(code).join(' and ')}`,
    roles && `the role ${roles.map(code).join(' or ')}`,
    via && `a credential of the kind ${via.map(code).join(' or ')}`,
    freshWithinSeconds && `a sign-in within the last ${freshWithinSeconds} seconds`,
    secondFactor && 'a second factor',
  ].filter(Boolean)
  return needs.length > 0 ? `Needs ${needs.join(', and ')}.` : undefined
}

function describePath(path: string): JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function describeQuery({ path, query }: DescribedRoute, components: Components): JsonObject[] {
  if (query === undefined) return []
  const { properties, required = [] } = components.schema(query, 'input')
  if (!isJsonObject(properties) || !Array.isArray(required)) {
    throw new TypeError(`the query of ${path} is not described by an object without an id`)
  }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    ...(isJsonObject(schema) &&
      typeof schema.description === 'string' && { description: schema.description }),
    required: required.includes(name),
    schema,
  }))
}

function describeBody(body: NonNullable<DescribedRoute['body']>, components: Components): JsonObject {
  const media = {
    schema: components.schema(body.schema, 'input'),
    ...(body.example !== undefined && { example: body.example }),
  }
  return {
    required: body.optional !== true,
    content: Object.fromEntries(body.types.map((type) => [MEDIA_TYPES[type], media])),
  }
}

/** The answers that are no refusals, and those that have a form of their own. */
function describeAnswers({ answers }: DescribedRoute, components: Components): Record<string, JsonObject> {
  const described = Object.entries(answers)
    .filter(([status, { schema }]) => Number(status) < 400 || schema !== undefined)
    .map(([status, { description, schema, example, mediaType = 'application/json' }]) => {
      const media = {
        ...(schema && { schema: components.schema(schema, 'output') }),
        ...(example !== undefined && { example }),
      }
      const content = Object.keys(media).length > 0 && { content: { [mediaType]: media } }
      return [status, { description: description || STATUS_CODES[status], ...content }]
    })
  return Object.fromEntries(described)
}

/** A status can have two forms: that of the route, and that of a refusal on the way to it. */
function mergeResponses(
  answers: Readonly<Record<string, JsonObject>>,
  refusals: Readonly<Record<string, JsonObject>>,
): JsonObject {
  const merged: Record<string, JsonObject> = { ...refusals, ...answers }
  for (const [status, answer] of Object.entries(answers)) {
    const refusal = refusals[status]
    if (refusal === undefined) continue
    merged[status] = { ...refusal, ...answer, content: { ...members(answer), ...members(refusal) } }
  }
  return merged
}

function members({ content }: JsonObject): JsonObject {
  return isJsonObject(content) ? content : {}
}
