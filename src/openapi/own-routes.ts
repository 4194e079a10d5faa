import { Access } from '../model/access.ts'
import { accessData, accessWords } from '../model/inventory.ts'
import type { JsonObject } from './components.ts'
import { ERROR_SCHEMAS } from './error-schemas.ts'
import { describeSecuritySchemes, type Permissions, securityNames, securityOf } from './security.ts'

/** What the description of an application's own API takes over from the issuer inside of it. */
export interface OwnRoutes {
  /** For `components.securitySchemes`: Authorize then works on the application's own page. */
  readonly securitySchemes: JsonObject
  /** What an access word adds to an operation. */
  operation(access: Access): OwnOperation
}

export interface OwnOperation {
  readonly security: JsonObject[]
  /** 401 and 403, as far as the word can lead to them. */
  readonly responses: Readonly<Record<string, JsonObject>>
}

export interface OwnRoutesOptions {
  readonly issuer: string
  readonly scopes: Permissions['scopes']
  /** Whether people can sign in by password at the token endpoint. */
  readonly passwordGrant: boolean
}

export function describeOwnRoutes({ issuer, scopes, passwordGrant }: OwnRoutesOptions): OwnRoutes {
  const schemes = securityNames(passwordGrant)
  const { mediaType, schema } = ERROR_SCHEMAS.problem
  const refusal = (description: string): JsonObject => ({ description, content: { [mediaType]: { schema } } })
  return {
    securitySchemes: describeSecuritySchemes(schemes, issuer, scopes),
    operation(access) {
      const requirement = Access.requirementOf(access)
      const security = securityOf({ access }, schemes)
      if (requirement === undefined) return { security, responses: {} }
      const asks = Object.keys(requirement).length > 0
      return {
        security,
        responses: {
          401: refusal('The request carries no credential that is good here. The challenge says why.'),
          ...(asks && { 403: refusal(`Not permitted: ${accessWords(accessData(access))}.`) }),
        },
      }
    },
  }
}
