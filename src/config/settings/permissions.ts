import { z } from 'zod'
import { setting, type ValueKind } from '../setting.ts'
import { isPlainLine, listOf, textThat } from '../values.ts'

/** A role of the configuration: what it is, and the scopes that it holds. */
export interface ConfiguredRole {
  readonly description?: string | undefined
  readonly scopes: readonly string[]
}

type Scopes = Readonly<Record<string, string>>
type Roles = Readonly<Record<string, ConfiguredRole>>

/** The scopes of our own routes. */
export const BUILT_IN_SCOPES = {
  'profile:read': 'See your own account',
  'admin:dashboard': 'See the administration page',
  'admin:users': 'Look after all accounts and their sessions',
  'admin:events': 'Read the audit log',
  'admin:keys': 'See and change the signing keys',
  'admin:clients': 'Register and change the applications that get tokens',
  'revocations:read': 'Learn which tokens have ended',
} as const satisfies Scopes

/** A scope that is there without being declared. */
export type BuiltInScope = keyof typeof BUILT_IN_SCOPES

/** The roles that are there until the application declares them otherwise. */
export const BUILT_IN_ROLES: Roles = {
  user: { description: 'Everybody with an account', scopes: ['profile:read'] },
  admin: { description: 'Looks after the accounts', scopes: Object.keys(BUILT_IN_SCOPES) },
}

export const roleName = textThat('a name of letters, digits, `_` and `-`', (text) =>
  /^[a-z][a-z0-9_-]{0,63}$/i.test(text),
)
export const scopeName = textThat(
  'a scope name: printable ASCII without space, `"` and `\\` (RFC 6749 section 3.3)',
  (text) => /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(text),
)
export const sentence = textThat('a sentence on one line', (text) => isPlainLine(text) && text.length <= 300)

/** What tokens may permit, and who is permitted it. */
export const permissions = {
  scopes: setting({
    kind: scopes(),
    default: BUILT_IN_SCOPES as Scopes,
    description:
      "The scopes of your API, each with the sentence that people are shown: `{ 'orders:read': 'See your orders' }`. " +
      'They are added to the built-in ones.',
  }),
  roles: setting({
    kind: roles(),
    default: BUILT_IN_ROLES,
    description:
      "The roles a user can have, each with the scopes it holds: `{ seller: { scopes: ['orders:read'] } }`. They are " +
      'added to `user` and `admin`; a role of the same name takes the place of the built-in one.',
  }),
  defaultRoles: setting({
    kind: listOf(roleName, 'a list of role names'),
    environment: 'DEFAULT_ROLES',
    default: ['user'],
    description: 'The roles that whoever registers gets.',
  }),
}

function scopes(): ValueKind<Scopes, Scopes> {
  const error = 'must be an object of scope names, each with its sentence; at most 500'
  return {
    schema: z
      .record(scopeName.schema, sentence.schema, { error })
      .refine((given) => Object.keys(given).length <= 500, { error })
      .transform((given) => ({ ...BUILT_IN_SCOPES, ...given })),
    expects: 'an object of scope names, each with its sentence',
    fromText: (text) => text,
  }
}

function roles(): ValueKind<Roles, Roles> {
  const error = 'must be an object of role names, each with `{ scopes: […] }`; at most 100'
  const heldScopes = 'must be a list of scope names, at most 500'
  const role = z.strictObject(
    {
      description: sentence.schema.optional(),
      scopes: z.array(scopeName.schema, { error: heldScopes }).max(500, { error: heldScopes }),
    },
    { error: 'must be `{ description?, scopes }`' },
  )
  return {
    schema: z
      .record(roleName.schema, role, { error })
      .refine((given) => Object.keys(given).length <= 100, { error })
      .transform((given) => ({ ...BUILT_IN_ROLES, ...given })),
    expects: 'an object of role names, each with `{ scopes: […] }`',
    fromText: (text) => text,
  }
}
