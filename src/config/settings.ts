import type { z } from 'zod'
import type { Setting } from './setting.ts'
import { accounts } from './settings/accounts.ts'
import { address } from './settings/address.ts'
import { brand } from './settings/brand.ts'
import { browserSessions } from './settings/browser-sessions.ts'
import { mail } from './settings/mail.ts'
import { permissions } from './settings/permissions.ts'
import { providers } from './settings/providers.ts'
import { secrets } from './settings/secrets.ts'
import { service } from './settings/service.ts'
import { storage } from './settings/storage.ts'
import { tokens } from './settings/tokens.ts'
import { webhooks } from './settings/webhooks.ts'

/**
 * The one schema: every setting there is. Loader, options in code, `countersign config`, the documentation and the JSON
 * schema read it. The order is the one in which they are shown.
 */
export const SETTINGS = {
  ...address,
  ...secrets,
  ...storage,
  ...tokens,
  ...browserSessions,
  ...accounts,
  ...providers,
  ...mail,
  ...permissions,
  ...brand,
  ...service,
  ...webhooks,
}

export type SettingName = keyof typeof SETTINGS

type KindOf<Name extends SettingName> = (typeof SETTINGS)[Name]['kind']

/** All settings, checked, with every default in place. */
export type Settings = { readonly [Name in SettingName]: z.output<KindOf<Name>['schema']> }

/** The settings as they may be given in code. */
export type SettingsInput = { readonly [Name in SettingName]?: z.input<KindOf<Name>['schema']> | undefined }

/** The names, in order. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]

/** The entry of a setting, for code that treats all alike. */
export function entryOf(name: SettingName): Setting {
  return SETTINGS[name]
}

/** Whether this is the name of a setting. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name)
}
