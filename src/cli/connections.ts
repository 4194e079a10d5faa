import { findAccount, timeOf } from './account.ts'
import { type OutputOptions, printFacts, printTable } from './output.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

/** The accounts elsewhere that sign somebody in. */
export async function listConnections(login: string, output: OutputOptions): Promise<void> {
  const connections = await withAuth(async (auth) =>
    auth.providers.connections((await findAccount(auth, login)).id),
  )
  const rows = connections.map(({ id, provider, email, addedAt }) => ({
    id,
    provider,
    email: email ?? null,
    connected: timeOf(addedAt),
  }))
  printTable(rows, output, 'No connected accounts.')
}

export async function disconnect(login: string, id: string, output: OutputOptions): Promise<void> {
  const user = await withAuth(async (auth) => {
    const found = await findAccount(auth, login)
    if (await auth.providers.disconnect(found.id, id, OPERATOR)) return found
    throw new Error(`no connection of that id; \`countersign users connections ${login}\` shows all`)
  })
  printFacts({ id: user.id, connection: 'taken away', sessions: 'all ended' }, output)
}
