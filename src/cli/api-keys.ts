import { findAccount, timeOf } from './account.ts'
import { type OutputOptions, printFacts, printTable } from './output.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

interface CreateOptions extends OutputOptions {
  readonly name: string
  readonly scope?: readonly string[]
  readonly days: string
}

export async function createApiKey(login: string, options: CreateOptions): Promise<void> {
  const { name, scope: scopes, days, ...output } = options
  const lifeDays = Number(days)
  if (!(Number.isSafeInteger(lifeDays) && lifeDays >= 1 && lifeDays <= 3650))
    throw new Error('--days: 1 to 3650')
  const { apiKey, text } = await withAuth(async (auth) => {
    const { id: userId } = await findAccount(auth, login)
    return auth.apiKeys.create({ userId, name, scopes, lifeSeconds: lifeDays * 86_400 }, OPERATOR)
  })
  printFacts(
    {
      id: apiKey.id,
      key: text,
      scopes: apiKey.scopes,
      expires: timeOf(apiKey.expiresAt),
      note: 'shown once',
    },
    output,
  )
}

export async function listApiKeys(login: string, output: OutputOptions): Promise<void> {
  const keys = await withAuth(async (auth) => auth.apiKeys.list((await findAccount(auth, login)).id))
  const rows = keys.map((key) => ({
    id: key.id,
    name: key.name,
    scopes: key.scopes,
    created: timeOf(key.createdAt),
    last_used: key.usedAt === undefined ? undefined : timeOf(key.usedAt),
    expires: timeOf(key.expiresAt),
    suspended: key.suspended,
  }))
  printTable(rows, output, 'No live API keys.')
}

export async function changeApiKey(
  change: 'revoke' | 'confirm',
  login: string,
  id: string,
  output: OutputOptions,
): Promise<void> {
  const done = await withAuth(async (auth) =>
    auth.apiKeys[change]((await findAccount(auth, login)).id, id, OPERATOR),
  )
  if (!done) throw new Error('there is no such key to do that to; `countersign api-keys list` shows all')
  printFacts({ id, [change === 'revoke' ? 'revoked' : 'confirmed']: true }, output)
}
