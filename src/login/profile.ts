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

function invalid(fields: readonly { readonly field: string; readonly message: string }[]): AuthError {
  return new AuthError('REQUEST_INVALID', { fields })
}
