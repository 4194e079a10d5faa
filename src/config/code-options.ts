/**
 * Options that are code and not data: functions and objects of the application, which only `createAuth` and
 * `countersign.config.ts` can hold. They pass through the configuration untouched; `createAuth` types and checks them.
 */
export const CODE_OPTIONS = [
  'claims',
  'credentials',
  'keyTimes',
  'clock',
  'hooks',
  'isCommand',
  'logger',
  'mail',
  'onRefusal',
  'processes',
  'profile',
  'random',
  'renderRefusal',
  'store',
  'users',
] as const

export type CodeOption = (typeof CODE_OPTIONS)[number]

/** Whether an option is code. */
export function isCodeOption(name: string): name is CodeOption {
  return CODE_OPTIONS.some((option) => option === name)
}
