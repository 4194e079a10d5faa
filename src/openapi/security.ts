import type { ConfiguredRole } from '../config/settings/permissions.ts'
import { Access } from '../model/access.ts'
import { IDENTITY_SCOPES } from '../model/identity-scopes.ts'
import { sessionCookieName } from '../tokens/session-cookie.ts'
import type { JsonObject } from './components.ts'
import type { DescribedRoute } from './described-route.ts'
import { code, plain, table } from './markdown.ts'

/** What tokens may permit, and who is permitted it. */
export interface Permissions {
  readonly scopes: Readonly<Record<string, string>>
  readonly roles: Readonly<Record<string, ConfiguredRole>>
}

/** The ways to prove who one is, most wanted first. */
export type SecurityNames = readonly (
  | 'code'
  | 'password'
  | 'bearer'
  | 'apiKey'
  | 'session'
  | 'basic'
  | 'ticket'
)[]

/** The kind of credential that each of them carries. */
const VIA: Readonly<Record<SecurityNames[number], string>> = {
  code: 'bearer',
  password: 'bearer',
  bearer: 'bearer',
  apiKey: 'api-key',
  session: 'session',
  basic: 'basic',
  ticket: 'ws-ticket',
}

/** `codeFlow`: whether the page that shows the description has an address that the code flow leads back to. */
export function securityNames(passwordGrant: boolean, codeFlow = false): SecurityNames {
  const oauth = [...(passwordGrant ? (['password'] as const) : []), ...(codeFlow ? (['code'] as const) : [])]
  return [...oauth, 'bearer', 'apiKey', 'session', 'basic', 'ticket']
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
    code: {
      type: 'oauth2',
      description: 'Sign in on the page of this service, by code and PKCE. There is no secret.',
      flows: {
        authorizationCode: {
          authorizationUrl: `${issuer}/authorize`,
          tokenUrl: `${issuer}/token`,
          refreshUrl: `${issuer}/token`,
          scopes: { ...IDENTITY_SCOPES, ...scopes },
        },
      },
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
    const scoped = tokens.map((name) => ({ [name]: isOAuth(name) ? [credential.clientOrScope] : [] }))
    return [{ basic: [] }, ...scoped]
  }
  if (requirement === undefined && credential !== 'optional') return []
  const via = requirement === undefined ? ['bearer', 'session'] : requirement.via
  // A ticket opens a WebSocket, and nothing else unless the word says so.
  const scopes = requirement?.scopes ?? []
  const asksForUser = scopes.some((name) => Object.hasOwn(IDENTITY_SCOPES, name))
  const taken = schemes
    .filter((name) => (via === undefined ? name !== 'ticket' : via.includes(VIA[name])))
    .filter((name) => !(asksForUser && name === 'password'))
  const needed = taken.map((name) => ({ [name]: isOAuth(name) ? scopes : [] }))
  return requirement === undefined ? [{}, ...needed] : needed
}

/** Whether scopes can be asked for by it. */
function isOAuth(name: SecurityNames[number]): boolean {
  return name === 'password' || name === 'code'
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
