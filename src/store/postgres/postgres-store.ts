import type { SessionVerbs } from '../sessions.ts'
import type { Store, StoreOptions } from '../store.ts'
import { apiKeyVerbs } from './api-keys.ts'
import { boundConnection } from './bound.ts'
import { countPastUse, removePastUse } from './clean-up.ts'
import { clientVerbs } from './clients.ts'
import { codeVerbs } from './codes.ts'
import type { Connection, PostgresClient } from './connection.ts'
import { consentVerbs } from './consents.ts'
import { deviceCodeVerbs } from './device-codes.ts'
import { eventVerbs } from './events.ts'
import { factorVerbs } from './factors.ts'
import { toStoreError, unavailable } from './failure.ts'
import { type Hints, postgresHints } from './hints.ts'
import { identityVerbs } from './identities.ts'
import { keyVerbs } from './keys.ts'
import { linkVerbs } from './links.ts'
import { nodeVerbs } from './nodes.ts'
import { oneTimeVerbs } from './one-time.ts'
import { describeUrl, type PostgresSettings } from './options.ts'
import { type OwnPool, openPool } from './own-pool.ts'
import { permissionVerbs } from './permissions.ts'
import { type PooledConnection, poolConnection } from './pool.ts'
import { refusalVerbs } from './refusals.ts'
import { declareRestored, identify } from './restore.ts'
import { revocationVerbs } from './revocations.ts'
import { checkSchema, migrateSchema } from './schema.ts'
import { sessionVerbs } from './sessions.ts'
import { statement } from './statement.ts'
import { survey } from './survey.ts'
import { userVerbs } from './users.ts'
import { webhookVerbs } from './webhooks.ts'

export interface PostgresStore extends Store {
  readonly dialect: 'postgres'
  /**
   * The verbs as steps of a transaction that the caller opened on this client and commits: a user and a row of the
   * application's own are there together or not at all. A step that is refused leaves the transaction usable. There is
   * no refresh here, which is always a transaction of its own. Hints are the caller's to send, after the commit.
   */
  withTransaction(client: PostgresClient): TransactionVerbs
}

export interface TransactionVerbs
  extends Pick<
    Store,
    'users' | 'clients' | 'apiKeys' | 'factors' | 'keys' | 'revocations' | 'events' | 'oneTime' | 'links'
  > {
  readonly sessions: Omit<SessionVerbs, 'refresh'>
}

const ping = statement('store.ping', 'SELECT id FROM countersign.store')

export function createPostgresStore(settings: PostgresSettings): PostgresStore {
  const { url, pool, listenUrl, limitMilliseconds } = settings
  const hints: Hints | undefined =
    listenUrl === undefined ? undefined : postgresHints(listenUrl, limitMilliseconds)
  let own: OwnPool | undefined
  let opened: PooledConnection | undefined
  let retention: StoreOptions['eventRetentionMilliseconds']

  const connection: Connection = {
    rows: async (statement, values, options) => current().rows(statement, values, options),
    transaction: async (work, options) => current().transaction(work, options),
  }
  function current(): PooledConnection {
    if (opened === undefined) throw unavailable('the store is not open')
    return opened
  }

  async function connect(): Promise<PooledConnection> {
    if (url !== undefined) own ??= await openPool(url, settings)
    const shared = pool ?? own
    if (shared === undefined) throw unavailable('the store has neither a URL nor a pool')
    return poolConnection(shared, settings)
  }
  async function endOwnPool(): Promise<void> {
    const ending = own
    own = undefined
    await ending?.end()
  }

  return {
    dialect: 'postgres',
    description: url === undefined ? 'postgres (the application’s pool)' : describeUrl(url),

    async open({ migrate, eventRetentionMilliseconds }) {
      if (opened !== undefined) throw unavailable('the store is open already')
      const candidate = await connect()
      try {
        if (migrate) await migrateSchema(candidate, false)
        else await checkSchema(candidate)
      } catch (error) {
        await endOwnPool()
        throw toStoreError(error)
      }
      opened = candidate
      hints?.open()
      retention = eventRetentionMilliseconds
    },

    async close() {
      const closing = opened
      opened = undefined
      await closing?.drain()
      await hints?.close()
      await endOwnPool()
    },

    async ping() {
      await connection.rows(ping)
    },

    migrate: async ({ dryRun = false } = {}) => migrateSchema(opened ?? (await connect()), dryRun),

    identify: () => identify(connection),
    declareRestored: (least, event) => declareRestored(connection, least, event),

    cleanUp: (limit) => removePastUse(connection, limit, retention),
    expired: () => countPastUse(connection, retention),
    load: () => opened?.load() ?? { working: 0, waiting: 0 },
    survey: (question) => survey(connection, question),

    ...verbsOn(connection, settings),
    codes: codeVerbs(connection),
    consents: consentVerbs(connection),
    deviceCodes: deviceCodeVerbs(connection),
    identities: identityVerbs(connection),
    nodes: nodeVerbs(connection),
    refusals: refusalVerbs(connection),
    permissions: permissionVerbs(connection),
    webhooks: webhookVerbs(connection),
    ...(hints !== undefined && { hints }),

    withTransaction(client) {
      const { sessions, ...verbs } = verbsOn(boundConnection(client, settings), settings)
      const { refresh: _, ...others } = sessions
      return { ...verbs, sessions: others }
    },
  }
}

function verbsOn(connection: Connection, settings: PostgresSettings) {
  return {
    users: userVerbs(connection),
    sessions: sessionVerbs(connection, settings),
    clients: clientVerbs(connection),
    apiKeys: apiKeyVerbs(connection),
    factors: factorVerbs(connection),
    keys: keyVerbs(connection),
    revocations: revocationVerbs(connection),
    events: eventVerbs(connection),
    oneTime: oneTimeVerbs(connection),
    links: linkVerbs(connection),
  }
}
