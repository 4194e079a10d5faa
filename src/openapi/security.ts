import type { Role } from '../config/settings/permissions.ts'
import { Access } from '../model/access.ts'
import type { JsonObject } from './components.ts'
import type { DescribedRoute } from './described-route.ts'
import { code, plain, table } from './markdown.ts'

/** What tokens may permit, and who is permitted it. */
export interface Permissions {
  readonly scopes: Readonly<Record<string, string>>
  readonly roles: Readonly<Record<string, Role>>
}

/** The ways to prove who one is, most wanted first. */
export type SecurityNames = readonly ('password' | 'bearer')[]

export function describeSecuritySchemes(
  schemes: SecurityNames,
  issuer: string,
  scopes: Permissions['scopes'],
): JsonObject {
  const described: Readonly<Record<SecurityNames[number] | 'client', JsonObject>> = {
    client: {
      type: 'http',
      scheme: 'basic',
      description: 'Id and secret of a client, each form-encoded (RFC 6749 section 2.3.1).',
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
  }
  return Object.fromEntries([...schemes, 'client' as const].map((name) => [name, described[name]]))
}

/**
 * One of these is needed; none where anyone may ask. An empty one says that it also goes without. Scopes are named
 * where the scheme can ask for them.
 */
export function securityOf(
  { access, credential }: Pick<DescribedRoute, 'access' | 'credential'>,
  schemes: SecurityNames,
): JsonObject[] {
  const requirement = Access.requirementOf(access)
  if (typeof credential === 'object') {
    const scoped = schemes.map((name) => ({ [name]: name === 'password' ? [credential.clientOrScope] : [] }))
    return [{ client: [] }, ...scoped]
  }
  if (requirement === undefined && credential !== 'optional') return []
  const needed = schemes.map((name) => ({ [name]: name === 'password' ? (requirement?.scopes ?? []) : [] }))
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
