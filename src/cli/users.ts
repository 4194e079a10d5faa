import type { Auth } from '../auth.ts'
import type { User } from '../model/user.ts'
import { type OutputOptions, printFacts, printTable } from './output.ts'
import { askNewPassword } from './password-input.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

interface CreateOptions extends OutputOptions {
  readonly email: string
  readonly username?: string
  readonly role?: readonly string[]
}

export async function createUser({ email, username, role = [], ...output }: CreateOptions): Promise<void> {
  const password = await askNewPassword()
  const user = await withAuth((auth) =>
    auth.users.create(
      { email, username, password, ...(role.length > 0 && { roles: ['user', ...role] }) },
      OPERATOR,
    ),
  )
  printFacts(factsOf(user), output)
}

interface ListOptions extends OutputOptions {
  readonly limit: string
  readonly after?: string
}

export async function listUsers({ limit, after, ...output }: ListOptions): Promise<void> {
  const count = Number(limit)
  if (!(Number.isSafeInteger(count) && count >= 1 && count <= 10_000)) throw new Error('--limit: 1 to 10000')
  const page = { limit: count, ...(after !== undefined && { after }) }
  const users = await withAuth((auth) => auth.users.list(page))
  printTable(
    users.map(factsOf),
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
    const found = await find(auth, login)
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
    auth.users.setRoles((await find(auth, login)).id, roles, OPERATOR),
  )
  printFacts(factsOf(user), output)
}

export async function setPassword(login: string, output: OutputOptions): Promise<void> {
  const password = await askNewPassword()
  const user = await withAuth(async (auth) => {
    const found = await find(auth, login)
    await auth.users.setPassword(found.id, password, OPERATOR)
    return found
  })
  printFacts({ id: user.id, password: 'changed', sessions: 'all ended' }, output)
}

interface SessionsOptions extends OutputOptions {
  readonly endAll?: boolean
}

export async function sessionsOf(login: string, { endAll, ...output }: SessionsOptions): Promise<void> {
  await withAuth(async (auth) => {
    const { id } = await find(auth, login)
    if (endAll) return printFacts({ ended: await auth.sessions.endAll(id, OPERATOR) }, output)
    const rows = (await auth.sessions.list(id)).map((session) => ({
      id: session.id,
      client: session.clientId,
      address: session.address,
      agent: session.agent,
      started: timeOf(session.startedAt),
      last_used: timeOf(session.usedAt),
    }))
    return printTable(rows, output, 'Not signed in anywhere.')
  })
}

async function find(auth: Auth, login: string): Promise<User> {
  const user = (await auth.users.findByLogin(login)) ?? (await auth.users.find(login))
  if (user === undefined)
    throw new Error('no account of that name, address or id; `countersign users list` shows all')
  return user
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

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
