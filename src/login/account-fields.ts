import { AuthError } from '../errors/auth-error.ts'
import type { FieldProblem } from '../errors/refusal.ts'
import { parseEmail, parseUsername } from '../model/account-name.ts'
import type { GivenRoles } from '../model/role.ts'
import { checkNewPassword } from './password-policy.ts'

/** Which roles there are. */
export interface RoleNames {
  unknownRoles(names: readonly string[]): Promise<readonly string[]>
  roleNames(): Promise<readonly string[]>
  /** Those of the names that are looked for in the database: the configuration declares no such role. */
  keptRoles(names: readonly string[]): readonly string[]
}

/** What a new password is held against, beside the names of its user. */
export interface PasswordRules {
  readonly minimumPasswordLength: number
  /** Passwords must not be made of it. */
  readonly serviceName: string
}

export const NO_ADDRESS: FieldProblem = {
  field: 'email',
  message: 'Must be a mail address.',
  reason: 'email',
}
const NO_USERNAME: FieldProblem = {
  field: 'username',
  message: '3 to 64 letters, digits, dots, hyphens or underscores.',
  reason: 'username',
}

/** Throws `REQUEST_INVALID` with every problem. */
export function checkNames({
  email,
  username,
}: {
  readonly email: string
  readonly username?: string | undefined
}): {
  readonly email: string
  readonly username: string | undefined
} {
  const problems: FieldProblem[] = []
  const parsedEmail = parseEmail(email)
  if (parsedEmail === undefined) problems.push(NO_ADDRESS)
  const parsedName = username === undefined ? undefined : parseUsername(username)
  if (username !== undefined && parsedName === undefined) {
    problems.push(NO_USERNAME)
  }
  if (parsedEmail === undefined || problems.length > 0) {
    throw new AuthError('REQUEST_INVALID', { fields: problems })
  }
  return { email: parsedEmail, username: parsedName }
}

/** Throws `REQUEST_INVALID`. */
export function checkUsername(username: string): string {
  const parsed = parseUsername(username)
  if (parsed !== undefined) return parsed
  throw new AuthError('REQUEST_INVALID', { fields: [NO_USERNAME] })
}

/** Throws `REQUEST_INVALID` where one is not declared. */
export async function checkRoles(roles: readonly string[], declared: RoleNames): Promise<GivenRoles> {
  if ((await declared.unknownRoles(roles)).length === 0) {
    const once = [...new Set(roles)]
    return { roles: once, keptRoles: declared.keptRoles(once) }
  }
  const message = `Must be one of: ${(await declared.roleNames()).join(', ')}.`
  throw new AuthError('REQUEST_INVALID', { fields: [{ field: 'roles', message }] })
}

/** Throws `PASSWORD_REFUSED` with every problem. */
export async function checkPassword(
  password: string,
  field: string,
  names: readonly (string | undefined)[],
  { minimumPasswordLength, serviceName }: PasswordRules,
): Promise<void> {
  const problems = await checkNewPassword(password, {
    minimumLength: minimumPasswordLength,
    userNames: names.filter((name) => name !== undefined),
    serviceName,
  })
  if (problems.length === 0) return
  throw new AuthError('PASSWORD_REFUSED', { fields: problems.map((problem) => ({ field, ...problem })) })
}
