import type { SettingName, Settings } from './settings.ts'

/** What works today of a setting whose other values the product does not support yet. */
interface Today<Value> {
  readonly works: (value: Value) => boolean
  readonly inWords: string
}

/**
 * The settings that the schema knows and the product does not fully support. They are refused: a setting that is taken
 * and ignored is a protection that somebody believes in and that is not there. An entry goes with the change that makes
 * it work.
 */
export const NOT_YET: { readonly [Name in SettingName]?: Today<Settings[Name]> } = {}
