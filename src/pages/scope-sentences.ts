import { BUILT_IN_SCOPES } from '../config/settings/permissions.ts'
import type { Frame } from './frame.ts'

/** What a scope lets somebody do: in the application's own words, or for a built-in scope in the reader's language. */
export function sentenceOfScope({ texts }: Frame, name: string, sentence = name): string {
  const isOurs = Object.hasOwn(BUILT_IN_SCOPES, name) && Object.hasOwn(texts.scopes, name)
  const known = name as keyof typeof BUILT_IN_SCOPES & keyof Frame['texts']['scopes']
  return isOurs && BUILT_IN_SCOPES[known] === sentence ? texts.scopes[known] : sentence
}
