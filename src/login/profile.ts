import { AuthError } from '../errors/auth-error.ts'
import type { ProfileSchema } from '../model/profile.ts'

/** The application's profile fields, checked by its schema. Without a schema there are none to set. */
export function parseProfile(
  schema: ProfileSchema | undefined,
  value: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (schema === undefined) {
    if (Object.keys(value).length === 0) return {}
    throw invalid([{ field: 'profile', message: 'This API has no profile fields.' }])
  }
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) throw new TypeError('the profile schema must validate synchronously')
  if (result.issues === undefined) return result.value
  throw invalid(
    result.issues.slice(0, 20).map(({ message, path = [] }) => ({
      field: ['profile', ...path.map((part) => String(typeof part === 'object' ? part.key : part))].join('.'),
      message,
    })),
  )
}

/** A profile as its owner wants it, worked out of the present one. */
export type ProfileChange = (present: Profile) => Profile
type Profile = Readonly<Record<string, unknown>>

/**
 * What its owner sends in the place of a profile. What the application's schema calls `readOnly` is not theirs to set: it
 * stays, and may come along as it is (rule G-10). Throws `REQUEST_INVALID`.
 */
export function profileOfOwner(schema: ProfileSchema | undefined, sent: Profile, present: Profile): Profile {
  const kept = readOnlyFields(schema)
  const isOther = (name: string) =>
    Object.hasOwn(sent, name) && JSON.stringify(sent[name]) !== JSON.stringify(present[name])
  const touched = kept.filter(isOther)
  if (touched.length > 0) {
    const message = 'Is not yours to set.'
    throw invalid(touched.map((name) => ({ field: `profile.${name}`, message })))
  }
  const stays = kept.filter((name) => Object.hasOwn(present, name)).map((name) => [name, present[name]])
  return { ...sent, ...Object.fromEntries(stays) }
}

/** By the JSON Schema of the application's own schema, where its library has one. */
function readOnlyFields(schema: ProfileSchema | undefined): string[] {
  const described = schema?.['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
  const properties = (described?.properties ?? {}) as Readonly<
    Record<string, { readonly readOnly?: unknown }>
  >
  return Object.keys(properties).filter((name) => properties[name]?.readOnly === true)
}

function invalid(fields: readonly { readonly field: string; readonly message: string }[]): AuthError {
  return new AuthError('REQUEST_INVALID', { fields })
}
