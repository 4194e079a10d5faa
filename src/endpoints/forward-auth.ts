import { z } from 'zod'
import { isUuid } from '../base/uuid.ts'
import { AuthError } from '../errors/auth-error.ts'
import { decide } from '../guard/decide.ts'
import { signedIn } from '../model/access.ts'
import type { Principal } from '../model/principal.ts'
import { uncounted } from '../model/rate.ts'
import { text } from '../model/text-field.ts'
import { principalOf, type Route, route } from './route.ts'
import type { Services } from './services.ts'

const query = z.strictObject({
  scope: text(2000)
    .optional()
    .meta({ description: 'Scopes that are needed, all of them; separated by spaces or commas.' }),
  role: text(2000).optional().meta({ description: 'Roles of which one is needed; separated by commas.' }),
})

/** For proxies that ask before they let a request through: nginx `auth_request`, Traefik, Caddy, Envoy. */
export const forwardAuth = route({
  method: 'GET',
  path: '/forward-auth',
  access: signedIn,
  limit: uncounted('asked for each request of the application, which has limits of its own'),
  isForwarded: true,
  tag: 'Metadata',
  style: 'problem',
  summary: 'Ask for a proxy whether a request may pass',
  description:
    'The credential is that of the request the proxy asks about, its method and address are `X-Forwarded-Method` and ' +
    '`X-Forwarded-Uri`, which only a trusted proxy may name. Who it is stands in the headers of the answer: ' +
    '`X-Auth-User` (id), `X-Auth-Kind` (`user` or `client`), `X-Auth-Client`, `X-Auth-Name`, `X-Auth-Scopes`, ' +
    '`X-Auth-Roles`, `X-Auth-Via`. Other methods are answered too, for proxies that ask with that of the request.',
  query,
  answers: { 200: { description: 'It may pass.' }, 403: { description: 'It may not.' } },
  async handle(context) {
    const { services } = context
    const principal = principalOf(context)
    const requirement = await requirementOf(context.query, services)
    const refusal = decide(principal, requirement, services.grants.clock)
    if (refusal !== undefined) return refusal
    const headers = await identityHeaders(principal, services)
    return { status: 200, headers: { ...headers, 'cache-control': 'no-store' }, body: '' }
  },
})

/** The same, asked with another method. */
export const forwardAuthByMethod: readonly Route[] = (['POST', 'PUT', 'PATCH', 'DELETE'] as const).map(
  (method) => ({
    ...forwardAuth,
    method,
    hidden: true,
  }),
)

/** What is asked for must be declared: a misspelt name, or none, would be a door that everybody finds open or shut. */
async function requirementOf({ scope, role }: z.output<typeof query>, { permissions }: Services) {
  const scopes = scope === undefined ? undefined : scopesIn(scope, permissions)
  const roles = role === undefined ? undefined : await rolesIn(role, permissions)
  return { ...(scopes && { scopes }), ...(roles && { roles }) }
}

async function rolesIn(list: string, permissions: Services['permissions']): Promise<string[]> {
  const names = list.split(',').filter((name) => name !== '')
  const unknown = await permissions.unknownRoles(names)
  if (names.length > 0 && unknown.length === 0) return names
  throw undeclared('role')
}

function scopesIn(list: string, { scopes }: Services['permissions']): string[] {
  const names = list.split(/[ ,]+/).filter((name) => name !== '')
  if (names.length > 0 && names.every((name) => Object.hasOwn(scopes, name))) return names
  throw undeclared('scope')
}

function undeclared(field: string): AuthError {
  return new AuthError('REQUEST_INVALID', {
    fields: [{ field, message: `Must be one or more names that are declared as ${field}.` }],
  })
}

/** Each is there in any case, so that it takes the place of one that the client sent. */
async function identityHeaders(principal: Principal, { grants }: Services): Promise<Record<string, string>> {
  const { kind, id, clientId, scopes, roles, via } = principal
  // Names change and are given to others; only the database knows whose it is now.
  const user = kind === 'user' && isUuid(id) ? await grants.store.users.find(id) : undefined
  return {
    'X-Auth-User': headerText(id),
    'X-Auth-Kind': kind,
    'X-Auth-Client': headerText(clientId),
    'X-Auth-Name': headerText(user?.username ?? user?.email ?? ''),
    'X-Auth-Scopes': scopes.map(headerText).join(' '),
    'X-Auth-Roles': roles.map((name) => headerText(name).replaceAll(',', '%2C')).join(','),
    'X-Auth-Via': via,
  }
}

/** Printable ASCII as it is, everything else percent-encoded as UTF-8 (RFC 3986 section 2.1). */
function headerText(value: string): string {
  return value.toWellFormed().replaceAll(/[^\x21-\x24\x26-\x7e]+/g, encodeURIComponent)
}
