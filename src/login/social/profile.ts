import { AuthError } from '../../errors/auth-error.ts'
import type { ProfileSchema } from '../../model/profile.ts'
import { parseProfile } from '../profile.ts'
import type { ProviderClaims } from './provider.ts'

/**
 * The profile of a new account: of what the provider told, the most that the application's schema takes, beside what the
 * person has filled in. Throws what the schema says where it takes nothing, not even what they filled in alone.
 */
export function profileFrom(
  claims: ProviderClaims,
  schema: ProfileSchema | undefined,
  given: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  if (schema === undefined) return {}
  for (const part of partsOf(Object.entries(claims))) {
    try {
      return parseProfile(schema, { ...Object.fromEntries(part), ...given })
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
    }
  }
  return parseProfile(schema, given)
}

/** Every part of a short list, larger ones first. */
function partsOf<Item>(items: readonly Item[]): Item[][] {
  const parts = Array.from({ length: 2 ** items.length }, (_, bits) =>
    items.filter((_, index) => ((bits >> index) & 1) === 1),
  )
  return parts.sort((one, other) => other.length - one.length)
}
