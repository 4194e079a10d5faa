import type { User } from '../model/user.ts'
import { findAccount, timeOf } from './account.ts'
import { confirmed } from './confirmation.ts'
import { type OutputOptions, printFacts, printTable, upTo } from './output.ts'
import { askNewPassword } from './password-input.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

interface CreateOptions extends OutputOptions {
  readonly email: string
  readonly username?: string
  readonly role?: readonly string[]
}

export async function createUser({ email, username, role = [], ...output }: CreateOptions): Promise<void> {
  const password = await askNewPassword()
  const user = await withAuth((auth, { defaultRoles }) =>
    auth.users.create({ email, username, password, roles: [...defaultRoles, ...role] }, OPERATOR),
  )
  printFacts(factsOf(user), output)
}

interface ListOptions extends OutputOptions {
  readonly limit: number
  readonly after?: string
}

export async function listUsers({ limit, after, ...output }: ListOptions): Promise<void> {
  const users = await withAuth(async (auth) =>
    auth.users.list({
      limit: limit + 1,
      ...(after !== undefined && { after: (await findAccount(auth, after)).id }),
    }),
  )
  printTable(
    upTo(limit, users, '--limit or --after').map(factsOf),
    output,
    'No accounts yet. `countersign users create --email you@example.com`',
  )
}

export async function changeUser(
  change: 'show' | 'disable' | 'enable',
  login: string,
  output: OutputOptions,
): Promise<void> {
  const user = await withAuth(async (auth) => {
    const found = await findAccount(auth, login)
    return change === 'show' ? found : auth.users[change](found.id, OPERATOR)
  })
  printFacts(factsOf(user), output)
}

export async function setRoles(
  login: string,
  roles: readonly string[],
  output: OutputOptions,
): Promise<void> {
  const user = await withAuth(async (auth) =>
    auth.users.setRoles((await findAccount(auth, login)).id, roles, OPERATOR),
  )
  printFacts(factsOf(user), output)
}

export async function setPassword(login: string, output: OutputOptions): Promise<void> {
  const password = await askNewPassword()
  const user = await withAuth(async (auth) => {
    const found = await findAccount(auth, login)
    await auth.users.setPassword(found.id, password, OPERATOR)
    return found
  })
  printFacts({ id: user.id, password: 'changed', sessions: 'all ended' }, output)
}

export async function deleteUser(
  login: string,
  { yes, ...output }: OutputOptions & { readonly yes?: boolean },
): Promise<void> {
  const { id } = await withAuth(async (auth) => {
    const found = await findAccount(auth, login)
    const { email, username } = found
    const name = username === undefined ? email : `${username} (${email})`
    await confirmed(`the account ${name} and all that belongs to it is removed, for good.`, yes)
    await auth.users.remove(found.id, OPERATOR)
    return found
  })
  printFacts({ id, removed: true }, output)
}

export async function listFactors(login: string, output: OutputOptions): Promise<void> {
  const { totp, passkeys, recoveryCodes } = await withAuth(async (auth) =>
    auth.users.factors((await findAccount(auth, login)).id),
  )
  const codes =
    totp === undefined && passkeys.length === 0
      ? []
      : [{ factor: 'recovery codes', id: null, name: `${recoveryCodes} left`, added: null, used: null }]
  const rows = [
    ...(totp === undefined
      ? []
      : [{ factor: 'app', id: 'totp', name: null, added: timeOf(totp.addedAt), used: null }]),
    ...passkeys.map(({ id, name, addedAt, usedAt }) => ({
      factor: 'passkey',
      id,
      name,
      added: timeOf(addedAt),
      used: usedAt === undefined ? null : timeOf(usedAt),
    })),
    ...codes,
  ]
  printTable(rows, output, 'No second factor.')
}

export async function resetFactors(login: string, output: OutputOptions): Promise<void> {
  const { user, reset } = await withAuth(async (auth) => {
    const found = await findAccount(auth, login)
    return { user: found, reset: await auth.users.resetFactors(found.id, OPERATOR) }
  })
  const facts = reset ? { factors: 'taken away', sessions: 'all ended' } : { factors: 'there were none' }
  printFacts({ id: user.id, ...facts }, output)
}

function factsOf(user: User) {
  return {
    id: user.id,
    email: user.email,
    username: user.username ?? null,
    roles: user.roles,
    state: user.state,
    created: timeOf(user.createdAt),
  }
}
