import type { OpenApiEvidence } from '../evidence.ts'
import type { Facts } from '../facts.ts'
import { certain, found } from '../finding.ts'
import { requestOf, urlOf } from '../http-facts.ts'
import { isMeantOpen } from '../open-path.ts'
import {
  matchesPath,
  type Operation,
  objectOf,
  operationsOf,
  resolveSchema,
  schemesOf,
} from '../openapi-facts.ts'
import type { Rule } from '../rule.ts'
import { responseShape, tokenUrl } from './api-document/sign-in.ts'

/** Whether the running service guards an operation, by its inventory or its answers. */
function isSeenGuarded({ evidence, exchanges }: Facts, { method, path }: Operation): boolean | undefined {
  const route = evidence.routes?.find(
    (one) => one.method.toUpperCase() === method && (one.path === path || matchesPath(path, one.path)),
  )
  if (route !== undefined) return route.guard !== null
  const refused = exchanges.some((one) => {
    const request = requestOf(one)
    return (
      one.response?.status === 401 &&
      request?.method === method &&
      matchesPath(path, urlOf(request)?.pathname ?? '')
    )
  })
  return refused ? true : undefined
}

/** The same, or by what the document itself says of its answers. */
function isGuarded(facts: Facts, one: Operation): boolean | undefined {
  const responses = objectOf(one.operation.responses)
  const says = (responses['401'] ?? responses['403']) !== undefined && !asksForPassword(facts, one)
  return isSeenGuarded(facts, one) ?? (says ? true : undefined)
}

/** Whoever signs in has no token yet, and gets a 401 for a wrong password. */
function asksForPassword({ evidence: { openapi } }: Facts, { operation }: Operation): boolean {
  return Object.values(objectOf(objectOf(operation.requestBody).content)).some((type) => {
    const schema = objectOf(objectOf(type).schema)
    const { properties } = openapi === undefined ? schema : resolveSchema(openapi, schema)
    return objectOf(properties).password !== undefined
  })
}

const asParameter: Rule = (facts) => {
  const document = facts.evidence.openapi
  if (document === undefined) return undefined
  const places = operationsOf(document).filter(({ operation }) =>
    hasAuthParameter(operation.parameters, document),
  )
  const shared = Object.entries(objectOf(document.document.paths)).some(([, item]) =>
    hasAuthParameter(objectOf(item).parameters, document),
  )
  if (places.length === 0 && !shared) return undefined
  const names = places.slice(0, 4).map(({ method, path }) => `${method} ${path}`)
  return certain('DOCS_AUTH_AS_PARAMETER', {
    evidence: [
      `Authorization is declared as a header parameter${names.length > 0 ? ` (${names.join(', ')})` : ''}. OpenAPI says that a parameter of that name is ignored, so Swagger UI leaves out what is typed there and sends no header.`,
    ],
    fix: [
      'Remove the parameter and declare a security scheme: `components.securitySchemes.bearer: { type: http, scheme: bearer }`, and `security: [{ bearer: [] }]` on the operation or the document (FastAPI: `Security(HTTPBearer())` or `OAuth2PasswordBearer` instead of `Header()`).',
    ],
    explains: ['DOCS_NO_SCHEME', 'DOCS_OPERATION_NO_SECURITY', 'HDR_MISSING'],
  })
}

function hasAuthParameter(parameters: unknown, { document }: OpenApiEvidence): boolean {
  if (!Array.isArray(parameters)) return false
  return parameters.some((one) => {
    const ref = objectOf(one).$ref
    const parameter =
      typeof ref === 'string'
        ? objectOf(objectOf(objectOf(document.components).parameters)[ref.split('/').at(-1) ?? ''])
        : objectOf(one)
    return parameter.in === 'header' && /^authorization$/i.test(String(parameter.name))
  })
}

const noScheme: Rule = (facts) => {
  const document = facts.evidence.openapi
  if (document === undefined || Object.keys(schemesOf(document)).length > 0) return undefined
  const operations = operationsOf(document)
  const guarded = operations.filter(
    (one) => isGuarded(facts, one) === true || (one.security?.length ?? 0) > 0,
  )
  const closed = operations.filter(({ path }) => !isMeantOpen(path))
  if (guarded.length === 0 && closed.length === 0) return undefined
  const names = (guarded.length > 0 ? guarded : closed)
    .slice(0, 4)
    .map(({ method, path }) => `${method} ${path}`)
  // A document that only lets things be read may be of an API that is open to everybody.
  const changes = closed.some(({ method }) => method !== 'GET' && method !== 'HEAD')
  const isUnseen = facts.evidence.routes === undefined && facts.exchanges.length === 0
  return found('DOCS_NO_SCHEME', guarded.length > 0 || (isUnseen && changes), {
    evidence: [
      `The OpenAPI document declares no security scheme (components.securitySchemes is missing or empty), so the docs page has no Authorize button and sends no token to ${names.join(', ')}.`,
    ],
    settledBy: ['whether any route of the service is guarded'],
    fix: [
      'Declare the scheme: `components.securitySchemes.bearer: { type: http, scheme: bearer, bearerFormat: JWT }` (or oauth2 with its tokenUrl), and refer to it with `security: [{ bearer: [] }]`.',
      'In Nest `new DocumentBuilder().addBearerAuth()`, in FastAPI a dependency on `OAuth2PasswordBearer`, in Spring `@SecurityScheme`.',
    ],
    explains: ['DOCS_OPERATION_NO_SECURITY', 'HDR_MISSING'],
  })
}

const noSecurity: Rule = (facts) => {
  const document = facts.evidence.openapi
  if (document === undefined) return undefined
  const [scheme] = Object.keys(schemesOf(document))
  if (scheme === undefined) return undefined
  // An empty list says on purpose that an operation is open; then only the running service can say otherwise.
  const bare = operationsOf(document).filter(
    ({ security }) => security === undefined || security.length === 0,
  )
  const proven = bare.filter((one) =>
    one.security === undefined
      ? isGuarded(facts, one) === true && !(isMeantOpen(one.path) && facts.evidence.routes === undefined)
      : isSeenGuarded(facts, one) === true,
  )
  const likely = bare.filter(
    (one) =>
      one.security === undefined &&
      isGuarded(facts, one) === undefined &&
      !isMeantOpen(one.path) &&
      !asksForPassword(facts, one),
  )
  const list = proven.length > 0 ? proven : facts.evidence.routes === undefined ? likely : []
  if (list.length === 0) return undefined
  const names = list.slice(0, 5).map(({ method, path }) => `${method} ${path}`)
  const nowhere = operationsOf(document).every((one) => one.security === undefined)
  return found('DOCS_OPERATION_NO_SECURITY', proven.length > 0 || nowhere, {
    evidence: [
      `The scheme \`${scheme}\` is declared, and ${names.join(', ')} ${list.length === 1 ? 'does' : 'do'} not refer to it (no \`security\`), so the docs page sends no token there even after Authorize.`,
    ],
    settledBy: ['whether these operations are guarded in the running service'],
    fix: [
      `Add \`security: [{ ${scheme}: [] }]\` to the operation, or once to the whole document (global security) with \`security: []\` on what is open.`,
      `In Nest \`@ApiBearerAuth('${scheme}')\` with the same name, in Spring \`@SecurityRequirement(name = "${scheme}")\`.`,
    ],
    explains: ['HDR_MISSING'],
  })
}

export const apiDocumentRules: readonly Rule[] = [responseShape, asParameter, noScheme, noSecurity, tokenUrl]
