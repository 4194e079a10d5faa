import type { SettingName, Settings } from './settings.ts'

/**
 * What the schema knows and the product does not do yet: each names the values that work today and answers undefined
 * for them, or says in a sentence what is missing. A setting that is taken and ignored is a check that somebody believes
 * in and that does not happen. An entry is deleted with the change that makes it work.
 */
export const NOT_YET: { readonly [Name in SettingName]?: (value: Settings[Name]) => string | undefined } = {
  databaseUrl: (value) =>
    value.reveal().startsWith('sqlite:')
      ? undefined
      : 'names PostgreSQL, which is not supported yet; use `sqlite:`',
  databaseListenUrl: whereSet('PostgreSQL'),
  redisUrl: whereSet('Redis'),
  trustedProxies: (value) =>
    value === 0 ? undefined : 'is not supported yet: the address of the connection is used',
  corsOrigins: (value) => (value.length === 0 ? undefined : 'is not supported yet'),
  jwtAlgorithm: (value) => (value === 'ES256' ? undefined : 'can only be `ES256` for now'),
  jwtSecret: whereSet('HS256'),
  registration: (value) =>
    value === 'open' || value === 'closed' ? undefined : 'can only be `open` or `closed` for now',
}

function whereSet(what: string): (value: unknown) => string | undefined {
  return (value) => (value === undefined ? undefined : `is not used yet, for ${what} is not supported yet`)
}
