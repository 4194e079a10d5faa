import type { Role } from '../config/settings/permissions.ts'
import { Access } from '../model/access.ts'
import { sessionCookieName } from '../tokens/session-cookie.ts'
import type { JsonObject } from './components.ts'
import type { DescribedRoute } from './described-route.ts'
import { code, plain, table } from './markdown.ts'

/** What tokens may permit, and who is permitted it. */
export interface Permissions {
  readonly scopes: Readonly<Record<string, string>>
  readonly roles: Readonly<Record<string, Role>>
}

/** The ways to prove who one is, most wanted first. */
export type SecurityNames = readonly ('password' | 'bearer' | 'apiKey' | 'session' | 'basic' | 'ticket')[]

/** The kind of credential that each of them carries. */
const VIA: Readonly<Record<SecurityNames[number], string>> = {
  password: 'bearer',
  bearer: 'bearer',
  apiKey: 'api-key',
  session: 'session',
  basic: 'basic',
  ticket: 'ws-ticket',
}

export function securityNames(passwordGrant: boolean): SecurityNames {
  return [...(passwordGrant ? (['password'] as const) : []), 'bearer', 'apiKey', 'session', 'basic', 'ticket']
}

export function describeSecuritySchemes(
  schemes: SecurityNames,
  issuer: string,
  scopes: Permissions['scopes'],
): JsonObject {
  const described: Readonly<Record<SecurityNames[number], JsonObject>> = {
    basic: {
      type: 'http',
      scheme: 'basic',
      description:
        'Id and secret of a client, each form-encoded (RFC 6749 section 2.3.1); where it is switched on, name and ' +
        'password of a person.',
    },
    password: {
      type: 'oauth2',
      description:
        'Name or mail address, and password. Choose scopes, or none for all that your roles allow. There is no ' +
        'client to name: it is the built-in one.',
      flows: { password: { tokenUrl: `${issuer}/token`, refreshUrl: `${issuer}/token`, scopes } },
    },
    bearer: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'An access token that you have already.',
    },
    apiKey: {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description: 'A key of yours, for scripts. It has scopes and no roles.',
    },
    session: {
      type: 'apiKey',
      in: 'cookie',
      name: sessionCookieName(issuer.startsWith('https:')),
      description:
        'The cookie that `POST /session` sets. What changes something also needs the `X-CSRF-Token` of that answer. On ' +
        'the page of this issuer: try `POST /session`, and it is entered; or enter the `csrf_token` of `GET /session`.',
    },
    ticket: {
      type: 'apiKey',
      in: 'query',
      name: 'ticket',
      description: 'What `POST /ws-ticket` sells, good once, for the request that opens a WebSocket.',
    },
  }
  return Object.fromEntries(schemes.map((name) => [name, described[name]]))
}

/**
 * One of these is needed; none where anyone may ask. An empty one says that it also goes without. Scopes are named
 * where the scheme can ask for them. An optional credential is a token or the cookie.
 */
export function securityOf(
  { access, credential }: Pick<DescribedRoute, 'access' | 'credential'>,
  schemes: SecurityNames,
): JsonObject[] {
  const requirement = Access.requirementOf(access)
  if (typeof credential === 'object') {
    const tokens = schemes.filter((name) => VIA[name] === 'bearer')
    const scoped = tokens.map((name) => ({ [name]: name === 'password' ? [credential.clientOrScope] : [] }))
    return [{ basic: [] }, ...scoped]
  }
  if (requirement === undefined && credential !== 'optional') return []
  const via = requirement === undefined ? ['bearer', 'session'] : requirement.via
  // A ticket opens a WebSocket, and nothing else unless the word says so.
  const taken = schemes.filter((name) => (via === undefined ? name !== 'ticket' : via.includes(VIA[name])))
  const needed = taken.map((name) => ({ [name]: name === 'password' ? (requirement?.scopes ?? []) : [] }))
  return requirement === undefined ? [{}, ...needed] : needed
}

/** Scopes with their sentences, roles with what they hold. */
export function describePermissions({ scopes, roles }: Permissions): string {
  return [
    '### Scopes',
    table(
      ['Scope', 'Permits'],
      Object.entries(scopes).map(([name, sentence]) => [code(name), plain(sentence)]),
    ),
    '### Roles',
    table(
      ['Role', 'For', 'Holds'],
      Object.entries(roles).map(([name, role]) => [
        code(name),
        plain(role.description ?? ''),
        role.scopes.map(code).join(', '),
      ]),
    ),
  ].join('\n\n')
}
