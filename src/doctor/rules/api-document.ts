import type { OpenApiEvidence } from '../evidence.ts'
import type { Facts } from '../facts.ts'
import { certain, type Finding, found } from '../finding.ts'
import { fieldsOf, header, isAccepted, isRefused, requestOf, urlOf } from '../http-facts.ts'
import { isMeantOpen } from '../open-path.ts'
import {
  matchesPath,
  type Operation,
  objectOf,
  operationsOf,
  schemesOf,
  serverUrl,
} from '../openapi-facts.ts'
import type { Rule } from '../rule.ts'

const fits = (facts: Facts): OpenApiEvidence | undefined => facts.evidence.openapi

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
    const { properties } = openapi === undefined ? schema : resolve(openapi, schema)
    return objectOf(properties).password !== undefined
  })
}

const asParameter: Rule = (facts) => {
  const document = fits(facts)
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
  const document = fits(facts)
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
  const document = fits(facts)
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

interface TokenAddress {
  readonly scheme: string
  readonly given: string
}

function tokenAddresses(document: OpenApiEvidence): readonly TokenAddress[] {
  return Object.entries(schemesOf(document)).flatMap(([scheme, { flows, tokenUrl }]) => {
    const urls = Object.values(objectOf(flows)).map((flow) => objectOf(flow).tokenUrl)
    return [...urls, tokenUrl].flatMap((given) => (typeof given === 'string' ? [{ scheme, given }] : []))
  })
}

/** Operations that look as if they gave out tokens, the likeliest first. */
function tokenOperations(document: OpenApiEvidence): readonly Operation[] {
  const score = ({ path, operation }: Operation): number => {
    const types = Object.keys(objectOf(objectOf(operation.requestBody).content))
    return (
      (/\/token\/?$/.test(path) ? 4 : /login|sign-?in|authenticate|\/auth/.test(path) ? 2 : 0) +
      (types.some((type) => type.includes('form')) ? 2 : 0)
    )
  }
  return operationsOf(document)
    .filter(
      (one) =>
        one.method === 'POST' &&
        score(one) >= 2 &&
        !/refresh|revoke|introspect|register|reset/.test(one.path),
    )
    .sort((a, b) => score(b) - score(a))
}

const tokenUrl: Rule = (facts) => {
  const document = fits(facts)
  if (document === undefined) return undefined
  const base = serverUrl(document)
  const own = URL.parse(document.url)
  if (base === undefined || own === null) return undefined
  const findings: Finding[] = []
  const resolved = (path: string): URL => new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base)
  const posts = operationsOf(document).filter(({ method }) => method === 'POST')
  for (const { given } of tokenAddresses(document)) {
    const asked = URL.parse(given, own.href)
    if (asked === null) continue
    const failed = facts.exchanges.find(
      (one) =>
        isRefused(one) &&
        [404, 405].includes(one.response?.status ?? 0) &&
        urlOf(one.as_sent ?? one.as_received)?.pathname === asked.pathname,
    )
    const mixed = own.protocol === 'https:' && asked.protocol === 'http:'
    const local =
      /^(?:localhost|127\.|\[::1\])/.test(asked.hostname) &&
      !/^(?:localhost|127\.|\[::1\])/.test(own.hostname)
    const elsewhere = asked.host !== own.host && asked.host !== base.host
    const isThere = posts.some(
      ({ path }) =>
        resolved(path).pathname === asked.pathname || (base.pathname === '/' && asked.pathname === path),
    )
    const isAnswered = facts.exchanges.some(
      (one) => isAccepted(one) && urlOf(one.as_sent ?? one.as_received)?.pathname === asked.pathname,
    )
    if (failed === undefined && !mixed && !local && (elsewhere || isThere || isAnswered)) continue
    const [target] = tokenOperations(document)
    const right = target === undefined ? undefined : resolved(target.path)
    const relative = right === undefined ? undefined : relativeTo(own, right)
    findings.push(
      found('DOCS_TOKEN_URL', failed !== undefined || mixed || local || target !== undefined, {
        evidence: [
          `The docs page asks for its token at \`${given}\`, which is ${asked.origin}${asked.pathname} as a browser resolves it${failed ? `, and that answers ${failed.response?.status}` : mixed ? ': http on a page served by https, which browsers block' : local ? ': the machine of whoever reads the page' : ', where the document knows no operation'}${right === undefined ? '' : `; tokens are given out at ${target?.path} (${right.origin}${right.pathname})`}.`,
        ],
        settledBy: ['whether that address gives out tokens: `curl -i -X POST` to it'],
        fix: [
          right === undefined
            ? 'Correct the tokenUrl: set it to the full address (or one relative to the document) of the endpoint that gives out tokens, as a browser sees it.'
            : `Correct the tokenUrl (token URL): set it to \`${relative}\` (relative, without a leading slash) or \`${right.origin.replace(/^http:/, own.protocol)}${right.pathname}\`: path prefix, root path and mount path of the proxy belong to it.`,
        ],
        explains: ['DOCS_NO_SCHEME'],
      }),
    )
  }
  return findings
}

function relativeTo(document: URL, target: URL): string {
  const folder = document.pathname.slice(0, document.pathname.lastIndexOf('/') + 1)
  return target.pathname.startsWith(folder) ? target.pathname.slice(folder.length) : target.pathname
}

/** Names under which answers have carried the token, where `access_token` was due. */
const OTHER_NAMES = ['token', 'accessToken', 'jwt', 'id_token', 'auth_token', 'bearer', 'key']

const responseShape: Rule = (facts) => {
  const document = fits(facts)
  for (const exchange of facts.exchanges) {
    const path = urlOf(requestOf(exchange))?.pathname ?? ''
    if (
      !isAccepted(exchange) ||
      requestOf(exchange)?.method !== 'POST' ||
      !/\/(?:token|login|sign-?in|auth\w*|sessions?)\/?$/.test(path)
    )
      continue
    const fields = fieldsOf(exchange.response)
    const nested = [...fields.values()].some((value) => /"access_token"|"token"/.test(value))
    const other = OTHER_NAMES.find((name) => fields.has(name))
    if (fields.size === 0 || fields.has('access_token') || (other === undefined && !nested)) continue
    // An application of its own may read any name: the docs page is what reads this one.
    const isRead =
      document !== undefined ||
      facts.exchanges.some((one) => /undefined$/.test(header(requestOf(one), 'authorization') ?? ''))
    return shapeFinding(path, other ?? 'a nested object', isRead)
  }
  if (document === undefined) return undefined
  const addresses = tokenAddresses(document).map(
    ({ given }) => URL.parse(given, document.url)?.pathname ?? given,
  )
  for (const { path, operation } of operationsOf(document)) {
    if (!addresses.some((address) => address === path || address.endsWith(path))) continue
    const ok = objectOf(objectOf(operation.responses)['200'] ?? objectOf(operation.responses)['201'])
    const schema = resolve(
      document,
      objectOf(objectOf(objectOf(objectOf(ok.content)['application/json'])).schema),
    )
    const names = Object.keys(objectOf(schema.properties))
    if (names.length === 0 || names.includes('access_token')) continue
    return shapeFinding(path, OTHER_NAMES.find((name) => names.includes(name)) ?? names.join(', '), true)
  }
  return undefined
}

function resolve(
  { document }: OpenApiEvidence,
  schema: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { $ref } = schema
  if (typeof $ref !== 'string' || !$ref.startsWith('#/')) return schema
  return objectOf(
    $ref
      .slice(2)
      .split('/')
      .reduce<unknown>((value, name) => objectOf(value)[name], document),
  )
}

function shapeFinding(path: string, name: string, isProven: boolean) {
  return found('DOCS_TOKEN_RESPONSE_SHAPE', isProven, {
    evidence: [
      `The sign-in at ${path} answers with \`${name}\` and has no member \`access_token\`: the docs page (Swagger UI) reads \`access_token\`, finds nothing, and sends \`Bearer undefined\`.`,
    ],
    settledBy: ['what reads the answer: the docs page, or code that looks for another name'],
    fix: [
      `Answer as RFC 6749 section 5.1 says: \`{ "access_token": "…", "token_type": "bearer" }\`; rename \`${name}\` to \`access_token\` (or add it beside the old name for a while).`,
    ],
    explains: ['HDR_LITERAL_UNDEFINED', 'TOKEN_OPAQUE'],
  })
}

export const apiDocumentRules: readonly Rule[] = [responseShape, asParameter, noScheme, noSecurity, tokenUrl]
