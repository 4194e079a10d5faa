import { isJsonObject } from '../../base/strict-json.ts'
import type { ImportedAccount } from '../../login/accounts.ts'

/** A user as another system wrote them down. */
export type ForeignRow = Readonly<Record<string, unknown>>

/** The parameters of a Firebase project, under which its hashes were made (Authentication > Users > Password hash parameters). */
export interface FirebaseParameters {
  readonly signerKey: string
  readonly saltSeparator: string
  readonly rounds: number
  readonly memoryCost: number
}

/**
 * Reads a user by the names that exports use: our own and those of Auth0, Firebase, Keycloak, Django and ASP.NET
 * Identity. Checks no value; the import does.
 */
export function readUserRow(row: ForeignRow, firebase?: FirebaseParameters): ImportedAccount {
  const username = textOf(row, ['username', 'user_name', 'UserName', 'preferred_username'])
  const email = textOf(row, ['email', 'Email', 'mail']) ?? ''
  const roles = listOf(row.roles ?? row.realmRoles)
  return {
    email,
    // Many systems write the address there as well, or make a name out of it.
    username: username?.includes('@') ? undefined : username,
    emailVerified: truthOf(row, ['email_verified', 'emailVerified', 'EmailConfirmed']) ?? false,
    passwordHash: hashOf(row, firebase),
    ...(roles !== undefined && { roles }),
    ...(isJsonObject(row.profile) && { profile: row.profile }),
    disabled:
      truthOf(row, ['disabled', 'blocked']) === true ||
      truthOf(row, ['enabled', 'is_active']) === false ||
      row.state === 'disabled',
  }
}

function hashOf(row: ForeignRow, firebase: FirebaseParameters | undefined): string | undefined {
  const hash = textOf(row, ['password_hash', 'passwordHash', 'PasswordHash', 'password'])
  const salt = textOf(row, ['salt', 'passwordSalt'])
  if (hash !== undefined && salt !== undefined && firebase !== undefined) {
    const { memoryCost, rounds, saltSeparator, signerKey } = firebase
    return `$fbscrypt$v=1,n=${memoryCost},r=${rounds},p=1,ss=${saltSeparator},sk=${signerKey}$${salt}$${hash}`
  }
  if (hash !== undefined || !Array.isArray(row.credentials)) return hash
  const credential = row.credentials.find((one) => isJsonObject(one) && one.type === 'password')
  return credential === undefined ? undefined : JSON.stringify(credential)
}

function textOf(row: ForeignRow, names: readonly string[]): string | undefined {
  const found = names.map((name) => row[name]).find((value) => typeof value === 'string' && value !== '')
  return typeof found === 'string' ? found : undefined
}

function truthOf(row: ForeignRow, names: readonly string[]): boolean | undefined {
  const found = names.map((name) => row[name]).find((value) => value !== undefined && value !== '')
  if (found === undefined) return undefined
  return found === true || found === 1 || ['true', 't', '1', 'yes'].includes(String(found).toLowerCase())
}

function listOf(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value)) return value.map(String)
  return typeof value === 'string' && value !== '' ? value.split(/[\s,;]+/) : undefined
}
