import { type Facts, isGood, listOf } from '../../facts.ts'
import { header, requestOf, urlOf } from '../../http-facts.ts'
import { matchesPath, type Operation, operationsOf } from '../../openapi-facts.ts'

/** Scopes or roles that a route asks for, and who says so. */
export function demanded(
  facts: Facts,
): { readonly names: readonly string[]; readonly by: string } | undefined {
  const { request, evidence, exchange, events } = facts
  const challenge = /scope="([^"]+)"/.exec(header(exchange?.response, 'www-authenticate') ?? '')?.[1]
  if (challenge !== undefined) return { names: challenge.split(' '), by: 'the challenge of the answer' }
  const event = events.find(
    ({ outcome, check, detail }) =>
      outcome === 'refused' && /^(?:scopes?|roles?|permissions?|authority)$/.test(check ?? '') && detail,
  )
  if (event?.detail)
    return { names: event.detail.replace(/^[\w ]*:\s*/, '').split(/[\s,]+/), by: 'the event' }
  if (request === undefined) return undefined
  const route = evidence.routes?.find(
    ({ method, path }) =>
      method.toUpperCase() === request.method.toUpperCase() && matchesPath(path, request.path),
  )
  if (route?.scopes !== undefined && route.scopes.length > 0) return { names: route.scopes, by: 'the route' }
  const role = /has(?:Any)?(?:Role|Authority)\(['"]([^'"]+)/.exec(route?.guard ?? '')?.[1]
  if (role !== undefined) return { names: [role], by: `the guard of the route (\`${route?.guard}\`)` }
  if (evidence.openapi === undefined) return undefined
  const operation = operationsOf(evidence.openapi).find(
    ({ method, path }) => method === request.method.toUpperCase() && matchesPath(path, request.path),
  )
  const names = nearest(operation, [...granted(facts).values()].flat())
  return names.length > 0 ? { names, by: 'the API document' } : undefined
}

/** Of several ways in, which each are enough, what the one asks for that lacks least. */
function nearest(operation: Operation | undefined, held: readonly string[]): readonly string[] {
  const lacking = (names: readonly string[]) => names.filter((name) => !held.includes(name)).length
  const [first = []] = waysInto(operation).sort((a, b) => lacking(a) - lacking(b))
  return first
}

/** The scopes of each of the ways into an operation. */
function waysInto(operation: Operation | undefined): string[][] {
  return (operation?.security ?? []).map((one) => [...new Set(Object.values(one).flat())])
}

export const wordList = (value: unknown): string[] =>
  typeof value === 'string'
    ? value.split(/\s+/).filter(Boolean)
    : listOf(value as string | string[] | undefined).map(String)

/** What a token grants, by the claim it stands in. */
export function granted({ token }: Facts): ReadonlyMap<string, readonly string[]> {
  const claims = token?.claims ?? {}
  const access = claims.realm_access as { roles?: string[] } | undefined
  const entries: [string, readonly string[]][] = [
    ['scope', typeof claims.scope === 'string' ? wordList(claims.scope) : []],
    ['scope (as a list)', Array.isArray(claims.scope) ? wordList(claims.scope) : []],
    ['scopes', wordList(claims.scopes)],
    ['scp', wordList(claims.scp)],
    ['permissions', wordList(claims.permissions)],
    ['roles', wordList(claims.roles)],
    ['role', wordList(claims.role)],
    ['authorities', wordList(claims.authorities)],
    ['groups', wordList(claims.groups)],
    ['realm_access.roles', access?.roles ?? []],
    ['cognito:groups', wordList(claims['cognito:groups'])],
  ]
  return new Map(entries.filter(([, names]) => names.length > 0))
}

export const plain = (name: string): string => name.replace(/^(?:ROLE|SCOPE)_/i, '').toLowerCase()

/** A request was refused for want of permission, or nobody says how it ended. */
export function isAbout403(facts: Facts): boolean {
  const { exchanges, request, wasAccepted } = facts
  if (wasAccepted) return false
  const answers = exchanges.flatMap((exchange) => {
    const isIt = request === undefined || urlOf(requestOf(exchange))?.pathname === request.path
    return isIt && exchange.response !== undefined ? [exchange.response.status] : []
  })
  // What has no good token is not asked about its permission.
  if (!isGood(facts)) return answers.includes(403)
  return answers.length === 0 || answers.some((status) => status === 401 || status === 403)
}
