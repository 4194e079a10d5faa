import type { Exchange, HttpRequest } from '../../evidence.ts'
import type { Facts } from '../../facts.ts'
import { certain, found } from '../../finding.ts'
import { header, isAccepted, requestOf, strayCredential, urlOf } from '../../http-facts.ts'
import { matchesPath, operationsOf, schemesOf } from '../../openapi-facts.ts'
import type { Rule } from '../../rule.ts'
import { demanded, granted } from './wanted.ts'

export const notEnforced: Rule = (facts) => {
  const { evidence, token, exchanges } = facts
  const operations = evidence.openapi === undefined ? [] : operationsOf(evidence.openapi)
  const loose = operations.flatMap(({ method, path, security }) => {
    const ways = (security ?? []).map((one) => Object.values(one).flat())
    const names = [...new Set(ways.flat())]
    const route = evidence.routes?.find(
      (one) => one.method.toUpperCase() === method && (one.path === path || matchesPath(path, one.path)),
    )
    if (names.length === 0 || route === undefined || route.guard === null) return []
    const { scopes } = route
    return ways.some((way) => way.every((name) => scopes?.includes(name)))
      ? []
      : [{ text: `${method} ${path} (${names.join(' ')})`, isKnown: scopes !== undefined }]
  })
  const wanted = demanded(facts)
  const held = [...granted(facts).values()].flat()
  const passed =
    facts.wasAccepted &&
    token?.claims !== undefined &&
    wanted?.names.some((name) => !held.includes(name)) === true &&
    exchanges.some(isAccepted)
  if (loose.length === 0 && !passed) return undefined
  return found('SCOPE_NOT_ENFORCED', passed || loose.some(({ isKnown }) => isKnown), {
    evidence: [
      passed
        ? `${facts.request?.method} ${facts.request?.path} asks for ${wanted?.names.join(' ')} (${wanted?.by}), the token carries ${held.join(' ') || 'none'}, and the answer was a success: the scope is declared for the docs only, and nothing checks it.`
        : `The API document asks for scopes that the running route does not check: ${loose
            .slice(0, 5)
            .map(({ text }) => text)
            .join(', ')}.`,
    ],
    settledBy: [
      'which scopes the guard of the route asks for: a token that lacks them has to be answered 403',
    ],
    fix: [
      'Check (enforce, require) the scope in the guard of the route, from the same declaration that the document is written from: `auth.needs({ scopes: ["…"] })`; in FastAPI use `Security(get_user, scopes=[…])` and compare `security_scopes.scopes` with the token.',
      'Then test it with a token that lacks the scope: the answer has to be 403.',
    ],
    explains: ['SCOPE_MISSING', 'ROLE_STALE'],
  })
}

/** Whether a request has a credential of any kind, or one that nobody sees in it. */
function mayCarry(
  { withheld = [] }: Exchange,
  request: HttpRequest,
  { evidence, config }: Pick<Facts, 'evidence' | 'config'>,
): boolean {
  const schemes = evidence.openapi === undefined ? [] : Object.values(schemesOf(evidence.openapi))
  const names = ['authorization', 'cookie', config.api_key_header ?? 'x-api-key']
  for (const { in: place, name } of schemes) if (place === 'header') names.push(String(name))
  return (
    withheld.length > 0 ||
    names.some((name) => header(request, name) !== undefined) ||
    strayCredential(request) !== undefined ||
    schemes.some(
      ({ in: place, name }) => place === 'query' && urlOf(request)?.searchParams.has(String(name)),
    ) ||
    schemes.some(({ type }) => type === 'mutualTLS')
  )
}

export const unguarded: Rule = (facts) => {
  const { evidence, exchanges, token } = facts
  const open = (evidence.routes ?? []).filter(({ guard, public: isPublic }) => guard === null && !isPublic)
  const documented = evidence.openapi === undefined ? [] : operationsOf(evidence.openapi)
  const answered = exchanges.find((exchange) => {
    const request = requestOf(exchange)
    const path = urlOf(request)?.pathname ?? ''
    if (!isAccepted(exchange) || request === undefined || mayCarry(exchange, request, facts)) return false
    return documented.some(
      ({ method, path: template, security }) =>
        method === request.method &&
        matchesPath(template, path) &&
        (security?.length ?? 0) > 0 &&
        !security?.some((one) => Object.keys(one).length === 0),
    )
  })
  if (open.length === 0 && answered === undefined) return undefined
  const names = open.map(({ method, path }) => `${method} ${path}`)
  const request = answered && requestOf(answered)
  if (request !== undefined) names.push(`${request.method} ${urlOf(request)?.pathname}`)
  return certain('ROUTE_UNGUARDED', {
    evidence: [
      `${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''} ${names.length === 1 ? 'has' : 'have'} no guard${answered ? ': a request without any credential was answered with success' : ' and is not declared open: anybody can call it'}.`,
    ],
    fix: [
      `Give ${names.slice(0, 3).join(', ')} an access word (policy): require a guard with \`signedIn\` or \`needs({ scopes: [...] })\`, or declare it public on purpose (\`anyone\`).`,
      'Deny by default, so that a forgotten route is refused, and try it: `countersign routes --probe URL`.',
    ],
    explains: token === undefined ? [] : ['STATUS_SWAPPED'],
  })
}
