import { deviceName } from '../model/device.ts'
import { findAccount, timeOf } from './account.ts'
import { type OutputOptions, printFacts, printTable } from './output.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

export async function listSessions(login: string, output: OutputOptions): Promise<void> {
  const sessions = await withAuth(async (auth) => auth.sessions.list((await findAccount(auth, login)).id))
  const rows = sessions.map((session) => ({
    id: session.id,
    device: deviceName(session.agent),
    address: session.address,
    client: session.clientId,
    created: timeOf(session.startedAt),
    last_used: timeOf(session.usedAt),
    ends: timeOf(session.endsAt),
  }))
  printTable(rows, output, 'Not signed in anywhere.')
}

export async function endSession(login: string, id: string, output: OutputOptions): Promise<void> {
  const ended = await withAuth(async (auth) =>
    auth.sessions.end((await findAccount(auth, login)).id, id, OPERATOR),
  )
  if (!ended)
    throw new Error('this account has no live session of that id; `countersign sessions list` shows all')
  printFacts({ id, ended: true }, output)
}

export async function endAllSessions(login: string, output: OutputOptions): Promise<void> {
  const ended = await withAuth(async (auth) =>
    auth.sessions.endAll((await findAccount(auth, login)).id, OPERATOR),
  )
  printFacts({ ended }, output)
}
