import type { SettingName, SettingsInput } from './settings.ts'

/** What a function that fetches a secret is handed. */
export interface SecretContext {
  /** The environment, with what `.env` adds to it. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when the time limit is over; hand it to `fetch`. */
  readonly signal: AbortSignal
}

/** Fetches a secret when the configuration is loaded; a list where the setting takes one. */
export type SecretFunction = (
  context: SecretContext,
) => string | readonly string[] | Promise<string | readonly string[]>

/** The settings that may be functions in `countersign.config.ts`. */
export const SECRET_NAMES = [
  'secretKey',
  'jwtSecret',
  'databaseUrl',
  'databaseListenUrl',
  'redisUrl',
  'smtpUrl',
  'alertUrl',
] as const satisfies readonly SettingName[]

/** The secret settings as `countersign.config.ts` may hold them. */
export type SecretSources = {
  readonly [Name in (typeof SECRET_NAMES)[number]]?: SettingsInput[Name] | SecretFunction
}

/** What a source says about a setting: its value, or where the value is to be had. */
export type Offer =
  | { readonly from: string; readonly value: unknown }
  | { readonly from: string; readonly file: string }
  | { readonly from: string; readonly fetch: SecretFunction }

export type Offers = ReadonlyMap<string, Offer>
