import type { OpenApiEvidence } from '../../evidence.ts'
import { type Finding, found } from '../../finding.ts'
import { fieldsOf, header, isAccepted, isRefused, requestOf, urlOf } from '../../http-facts.ts'
import {
  type Operation,
  objectOf,
  operationsOf,
  resolveSchema,
  schemesOf,
  serverUrl,
} from '../../openapi-facts.ts'
import type { Rule } from '../../rule.ts'

/** Where the page asks for tokens, as the schemes have it. */
function tokenAddresses(document: OpenApiEvidence): readonly string[] {
  return Object.values(schemesOf(document)).flatMap(({ flows, tokenUrl }) => {
    const urls = Object.values(objectOf(flows)).map((flow) => objectOf(flow).tokenUrl)
    return [...urls, tokenUrl].filter((given) => typeof given === 'string')
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

export const tokenUrl: Rule = (facts) => {
  const document = facts.evidence.openapi
  if (document === undefined) return undefined
  const base = serverUrl(document)
  const own = URL.parse(document.url)
  if (base === undefined || own === null) return undefined
  const findings: Finding[] = []
  const resolved = (path: string): URL => new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base)
  const posts = operationsOf(document).filter(({ method }) => method === 'POST')
  for (const given of tokenAddresses(document)) {
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

export const responseShape: Rule = (facts) => {
  const document = facts.evidence.openapi
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
  const addresses = tokenAddresses(document).map((given) => URL.parse(given, document.url)?.pathname ?? given)
  for (const { path, operation } of operationsOf(document)) {
    if (!addresses.some((address) => address === path || address.endsWith(path))) continue
    const ok = objectOf(objectOf(operation.responses)['200'] ?? objectOf(operation.responses)['201'])
    const schema = resolveSchema(
      document,
      objectOf(objectOf(objectOf(objectOf(ok.content)['application/json'])).schema),
    )
    const names = Object.keys(objectOf(schema.properties))
    if (names.length === 0 || names.includes('access_token')) continue
    return shapeFinding(path, OTHER_NAMES.find((name) => names.includes(name)) ?? names.join(', '), true)
  }
  return undefined
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
