import { type Connection, type PostgresClient, type QuerySettings, toQuery } from './connection.ts'
import { leavesConnection, toStoreError } from './failure.ts'
import type { Statement, Values } from './statement.ts'

/**
 * Runs statements as steps of a transaction that the caller opened and will commit. A step that is refused leaves that
 * transaction usable, for each has a savepoint; they run one at a time, for savepoints nest.
 */
export function boundConnection(client: PostgresClient, settings: QuerySettings): Connection {
  let last: Promise<unknown> = Promise.resolve()
  const command = (text: string) => client.query({ text, query_timeout: settings.limitMilliseconds })
  const inside: Connection = {
    rows: async <Row>(statement: Statement<Row>, values: Values = {}) =>
      (await client.query(toQuery(statement, values, settings))).rows as Row[],
    transaction: (work) => work(inside),
  }

  async function step<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      await command('SAVEPOINT countersign')
      const result = await work(inside)
      await command('RELEASE SAVEPOINT countersign')
      return result
    } catch (error) {
      if (leavesConnection(error)) {
        await command('ROLLBACK TO SAVEPOINT countersign; RELEASE SAVEPOINT countersign').catch(() => {})
      }
      throw toStoreError(error)
    }
  }

  function inTurn<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const result = last.then(() => step(work))
    last = result.catch(() => {})
    return result
  }

  return {
    rows: (statement, values) => inTurn((connection) => connection.rows(statement, values)),
    transaction: (work) => inTurn(work),
  }
}
