import { raisedCounter } from '../../model/counters.ts'
import type { Revocation } from '../../model/revocation.ts'
import type { ClientVerbs } from '../store.ts'
import type { Connection, Writing } from './connection.ts'

interface ClientRow {
  id: string
  name: string
  ver: number
  grants: string
}

export function clientVerbs(connection: Connection): ClientVerbs {
  return {
    find: (id) =>
      connection.read((db) => {
        const row = db.get<ClientRow>(`SELECT * FROM cs_clients WHERE id = :id AND state = 'active'`, { id })
        return row && { id: row.id, name: row.name, ver: row.ver, grants: JSON.parse(row.grants) }
      }),
  }
}

/**
 * Brings the client's row in line with its entry and answers with the entry to write. A counter is raised past its
 * present value whatever was asked, for the asker may have read it before somebody else raised it.
 */
export function endTokensOfClient(db: Writing, entry: Revocation): Revocation {
  if (entry.least === undefined) {
    db.run(`UPDATE cs_clients SET state = 'removed' WHERE id = :id`, { id: entry.ref })
    return entry
  }
  const client = db.get<{ ver: number }>('SELECT ver FROM cs_clients WHERE id = :id', { id: entry.ref })
  const ver = Math.max(entry.least, raisedCounter(client?.ver ?? 0, db.now))
  db.run('UPDATE cs_clients SET ver = :ver WHERE id = :id', { id: entry.ref, ver })
  return { ...entry, least: ver }
}
