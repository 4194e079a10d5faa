/**
 * A schema for the application's own profile fields: anything that keeps Standard Schema (standardschema.dev), such
 * as Zod, Valibot or ArkType. Validation must be synchronous.
 */
export interface ProfileSchema<Profile = Readonly<Record<string, unknown>>> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => ProfileResult<Profile> | Promise<ProfileResult<Profile>>
    readonly types?: { readonly input: unknown; readonly output: Profile } | undefined
    /** Standard JSON Schema, where the library has it: the fields then stand in the API description. */
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: string }) => Record<string, unknown>
    }
  }
}

type ProfileResult<Profile> =
  | { readonly value: Profile; readonly issues?: undefined }
  | { readonly issues: readonly ProfileIssue[] }

interface ProfileIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}
