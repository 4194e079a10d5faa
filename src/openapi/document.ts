import type { ProfileSchema } from '../model/profile.ts'
import { createComponents, type JsonObject, relocate } from './components.ts'
import type { DescribedRoute } from './described-route.ts'
import { describeOperation } from './operation.ts'
import { describePermissions, describeSecuritySchemes, type Permissions, securityNames } from './security.ts'

export interface DocumentOptions extends Permissions {
  readonly routes: readonly DescribedRoute[]
  /** Where the service is, as browsers see it. Without a slash at the end. */
  readonly issuer: string
  /** Whether people can sign in by password at the token endpoint. */
  readonly passwordGrant: boolean
  readonly title: string
  readonly version: string
  /** The application's own fields of an account. */
  readonly profile?: ProfileSchema | undefined
}

/**
 * The API as an OpenAPI 3.1 document: every route that is not hidden, in the order of the table, with what it takes,
 * answers and refuses. Pure: equal options give an equal text.
 */
export function openApiDocument(options: DocumentOptions): JsonObject {
  const { routes, issuer, title, version } = options
  const shown = routes.filter(({ hidden }) => hidden !== true)
  const schemes = securityNames(options.passwordGrant, true)
  const components = createComponents()
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const route of shown) {
    const path = paths[route.path] ?? {}
    paths[route.path] = path
    path[route.method.toLowerCase()] = describeOperation(route, components, schemes)
  }
  return {
    openapi: '3.1.1',
    info: { title, version, description: `${INTRODUCTION}\n\n${describePermissions(options)}` },
    servers: [{ url: issuer }],
    tags: Object.entries(TAGS)
      .filter(([name]) => shown.some(({ tag }) => tag === name))
      .map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: describeSecuritySchemes(schemes, issuer, options.scopes),
      schemas: withProfile(sorted(components.schemas), options.profile),
      responses: sorted(components.responses),
    },
  }
}

const INTRODUCTION =
  'Sign in at `POST /token`, then send the access token as `Authorization: Bearer …`; when it expires, get the ' +
  'next one at `POST /refresh`.\n\n' +
  'A refusal has a `code` to act on (`error` at OAuth endpoints), a sentence for people, and a `reference` by ' +
  'which the operator finds the exact cause. 401 means that we do not know who you are, 403 that we do, and that ' +
  'it is not permitted.'

const TAGS: Readonly<Record<string, string>> = {
  Tokens: 'Sign in, stay signed in, sign out.',
  Accounts: 'Accounts, and what people can do with their own.',
  Sessions: 'Sign a browser in; see and end where one is signed in.',
  'API keys': 'For scripts and machines.',
  Admin: 'For those who look after the service.',
  Clients: 'The applications that get tokens.',
  Revocations: 'For services that check tokens by themselves.',
  Metadata: 'For programs that check tokens.',
  Operation: 'For those who run the service.',
  Documents: 'About this API.',
}

function sorted(parts: ReadonlyMap<string, JsonObject>): Record<string, JsonObject> {
  return Object.fromEntries([...parts].sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** Where an account has a `profile`, the application's own schema says what is in it. */
function withProfile(
  schemas: Record<string, JsonObject>,
  profile: ProfileSchema | undefined,
): Record<string, JsonObject> {
  const described = profile && describeProfile(profile)
  if (described === undefined) return schemas
  const withReference = Object.entries(schemas).map(([name, schema]) => {
    const { properties } = schema
    if (typeof properties !== 'object' || properties === null || !('profile' in properties))
      return [name, schema]
    return [name, { ...schema, properties: { ...properties, profile: { $ref: PROFILE } } }]
  })
  return { ...Object.fromEntries(withReference), Profile: described }
}

const PROFILE = '#/components/schemas/Profile'

/** Undefined where the library cannot say it as a JSON schema: the fields are then described as any object. */
function describeProfile(profile: ProfileSchema): JsonObject | undefined {
  try {
    const described = profile['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
    if (described === undefined) return undefined
    const { $schema: _, ...schema } = described
    return relocate(schema, '#', PROFILE)
  } catch {
    return undefined
  }
}
