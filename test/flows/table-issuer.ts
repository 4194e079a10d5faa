import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Route } from '../../src/endpoints/route.ts'
import { MEDIA_TYPES } from '../../src/http/body.ts'
import type { AuthOptions } from '../../src/index.ts'
import { type Answer, ISSUER, PASSWORD, readAnswer, startIssuer, type TestIssuer } from './issuer.ts'
import type { RouteField } from './route-fields.ts'

/** An issuer whose whole route table can be called as an admin, and whose database can be looked at. */
export interface TableIssuer {
  readonly issuer: TestIssuer
  /** The database file. */
  readonly path: string
  /** The account that calls. */
  readonly adminId: string
  /** A token of a new session with everything that a role can give. */
  newToken(): Promise<string>
  /** Sends a body, or a query, to a route. Each request comes from an address of its own. */
  send(route: Route, as: RouteField['as'], text: string, more?: SendOptions): Promise<Answer>
  /** Every row that is kept for users, but for what tells that a process is alive. */
  rows(): Record<string, unknown[]>
  close(): Promise<void>
}

export interface SendOptions {
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** In the place of each variable part of the path. */
  readonly part?: string
}

/** Kept for the process, not for anybody: a heart that beats in between proves nothing. */
const OF_PROCESSES = ['cs_nodes']

export async function startTableIssuer(options: AuthOptions = {}): Promise<TableIssuer> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-table-'))
  const path = join(folder, 'auth.db')
  const issuer = await startIssuer({ databaseUrl: `sqlite:${path}`, ...options })
  const createAdmin = () =>
    issuer.auth.users.create({
      email: 'root@example.com',
      username: 'root',
      password: PASSWORD,
      roles: ['user', 'admin'],
    })
  let admin = await createAdmin()
  let count = 0
  return {
    issuer,
    path,
    get adminId() {
      return admin.id
    },
    async newToken() {
      // Among the routes is one that deletes the account that calls.
      if ((await issuer.auth.users.find(admin.id)) === undefined) admin = await createAdmin()
      return (await issuer.auth.sessions.start({ userId: admin.id, amr: ['pwd'] })).access_token
    },
    async send(route, as, text, { token, headers, part = 'x' } = {}) {
      count += 1
      const address = `10.${(count >> 16) % 256}.${(count >> 8) % 256}.${count % 256}`
      const target = route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(part))
      const hasBody = as !== 'query' && route.method !== 'GET'
      const request = new Request(`${ISSUER}${target}${as === 'query' ? text : ''}`, {
        method: route.method,
        headers: {
          ...(hasBody && { 'content-type': MEDIA_TYPES[as] }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(hasBody && { body: text }),
      })
      return readAnswer(await issuer.auth.fetch(request, { address }))
    },
    rows() {
      const database = new DatabaseSync(path, { readOnly: true })
      try {
        const names = database.prepare(
          "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'cs~_%' ESCAPE '~'",
        )
        const tables = names.all().map(({ name }) => String(name))
        return Object.fromEntries(
          tables
            .filter((name) => !OF_PROCESSES.includes(name))
            .map((name) => [name, database.prepare(`SELECT * FROM ${name}`).all()]),
        )
      } finally {
        database.close()
      }
    },
    async close() {
      await issuer.close()
      rmSync(folder, { recursive: true })
    },
  }
}
