import { BUILT_IN_SCOPES } from '../config/settings/permissions.ts'
import { IDENTITY_SCOPES } from '../model/identity-scopes.ts'
import type { Texts } from '../texts/en.ts'

/**
 * What a scope lets somebody do: in the application's own words; for those that are always there in the reader's
 * language, as long as the application has not put them otherwise.
 */
export function sentenceOfScope(
  texts: Texts,
  name: string,
  scopes: Readonly<Record<string, string>>,
): string {
  const said = Object.hasOwn(scopes, name) ? scopes[name] : undefined
  if (isOneOf(BUILT_IN_SCOPES, name) && said === BUILT_IN_SCOPES[name]) return texts.scopes[name]
  if (said !== undefined) return said
  return isOneOf(IDENTITY_SCOPES, name) ? texts.consent.scopes[name] : name
}

function isOneOf<Scopes extends object>(scopes: Scopes, name: PropertyKey): name is keyof Scopes {
  return Object.hasOwn(scopes, name)
}
