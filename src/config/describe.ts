import type { Configuration } from './resolve.ts'
import { Secret } from './secret.ts'
import { entryOf, SETTING_NAMES } from './settings.ts'

/** A line of `countersign config`. */
export interface SettingRow {
  readonly setting: string
  /** The environment variable; undefined where only code and the configuration file can give the value. */
  readonly environment: string | undefined
  /** Ready for JSON; of a secret only what may be shown, `null` where there is none. */
  readonly value: unknown
  readonly from: string
}

/** The effective settings, where each came from, and of secrets no more than may be shown. */
export function describeSettings({ settings, origins }: Configuration): SettingRow[] {
  return SETTING_NAMES.map((name) => ({
    setting: name,
    environment: entryOf(name).environment,
    value: shown(settings[name]),
    from: origins[name],
  }))
}

/** A row's value on one line of a table. */
export function valueInWords(value: unknown): string {
  if (value === null) return 'not set'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueInWords).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function shown(value: unknown): unknown {
  if (value instanceof Secret) return value.toString()
  return Array.isArray(value) ? value.map(shown) : (value ?? null)
}
