import { entryOf, isSettingName } from './settings.ts'

/** Whether a value given for a setting must be kept secret. A database without a password need not; a chat's address must. */
export function holdsSecret(name: string, value: unknown): boolean {
  if (!isSettingName(name) || !entryOf(name).secret) return false
  if (!name.endsWith('Url')) return true
  if (typeof value !== 'string' || !URL.canParse(value)) return true
  const url = new URL(value)
  if (url.protocol.startsWith('http')) return true
  return url.password !== '' || [...url.searchParams.keys()].some((key) => /pass|secret|token/i.test(key))
}
