import type { ClientVerbs } from '../store.ts'
import { type Connection, firstRow } from './connection.ts'
import { asJson } from './expressions.ts'
import { statement } from './statement.ts'

interface ClientRow {
  readonly id: string
  readonly name: string
  readonly ver: number
  readonly grants: readonly string[]
}

const find = statement<ClientRow>(
  'clients.find',
  `SELECT id, name, ver, ${asJson('grants')} AS grants FROM countersign.clients
   WHERE id = @id::text AND state = 'active'`,
)

export function clientVerbs(connection: Connection): ClientVerbs {
  return {
    find: (id) => firstRow(connection, find, { id }),
  }
}
