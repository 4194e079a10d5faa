import type { NewEvent } from '../../audit/events.ts'
import {
  type Client,
  type ClientRegistration,
  goodSecrets,
  keptSecrets,
  losesRights,
  rotatedSecrets,
  type StoredClientSecret,
} from '../../model/client.ts'
import type { ClientVerbs } from '../clients.ts'
import { type ClientRow, toClient } from '../rows/clients.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { asJson, inMilliseconds, NOW, raised } from './expressions.ts'
import { insertEntries } from './revocation-entries.ts'
import { statement, type Values } from './statement.ts'

const COLUMNS = `c.id, c.name, c.ver, c.state, ${asJson('c.grants')} AS grants, ${asJson('c.scopes')} AS scopes,
    ${asJson('c.redirect_uris')} AS redirect_uris, c.auth_method, c.require_pkce,
    c.skip_consent, ${asJson('c.post_logout_redirect_uris')} AS post_logout_redirect_uris,
    c.id_token_algorithm, c.keys, c.secrets,
    ${inMilliseconds('c.created_at')} AS created_at, ${inMilliseconds('c.updated_at')} AS updated_at,
    ${inMilliseconds(NOW)} AS as_of`

// The counter starts at the time, so that no value of a lost and repeated row is given out twice.
const create = statement<ClientRow>(
  'clients.create',
  `WITH c AS (
     INSERT INTO countersign.clients (id, name, ver, state, grants, scopes, redirect_uris, auth_method, require_pkce,
       skip_consent, post_logout_redirect_uris, id_token_algorithm, keys, secrets, created_at, updated_at)
     SELECT @id::text, @name::text, ${raised('0')}, @state::text, @grants::text[], @scopes::text[],
       @redirect_uris::text[], @auth_method::text, @require_pkce::boolean,
       @skip_consent::boolean, @post_logout_redirect_uris::text[], @id_token_algorithm::text, @keys::json,
       CASE WHEN @secret_hash::text IS NULL THEN '[]' ELSE
         json_build_array(json_build_object('hash', @secret_hash::text, 'createdAt', ${inMilliseconds('t.now')})) END,
       t.now, t.now
     FROM (SELECT ${NOW} AS now) t
     ON CONFLICT (id) DO NOTHING RETURNING *),
   e AS (${insertEvent('c')})
   SELECT ${COLUMNS} FROM c`,
)

const find = statement<ClientRow>(
  'clients.find',
  `SELECT ${COLUMNS} FROM countersign.clients c WHERE c.id = @id::text AND c.state <> 'removed'`,
)

const findStanding = statement<ClientRow & { readonly store_epoch: number }>(
  'clients.find_standing',
  `SELECT ${COLUMNS}, st.epoch AS store_epoch FROM countersign.clients c, countersign.store st
   WHERE c.id = @id::text AND c.state <> 'removed'`,
)

const removed = statement<{ id: string }>(
  'clients.removed',
  `SELECT id FROM countersign.clients WHERE state = 'removed' AND id = ANY (@ids::text[])`,
)

const list = statement<ClientRow>(
  'clients.list',
  `SELECT ${COLUMNS} FROM countersign.clients c
   WHERE c.state <> 'removed' AND (@first::boolean
     OR (c.created_at, c.id) > (SELECT created_at, id FROM countersign.clients WHERE id = @after::text))
   ORDER BY c.created_at, c.id LIMIT @limit::bigint`,
)

const lock = statement<ClientRow>(
  'clients.lock',
  `SELECT ${COLUMNS} FROM countersign.clients c WHERE c.id = @id::text AND c.state <> 'removed' FOR NO KEY UPDATE`,
)

const write = statement<ClientRow>(
  'clients.write',
  `WITH c AS (
     UPDATE countersign.clients SET name = @name::text, state = @state::text, grants = @grants::text[],
       scopes = @scopes::text[], redirect_uris = @redirect_uris::text[], auth_method = @auth_method::text,
       require_pkce = @require_pkce::boolean, skip_consent = @skip_consent::boolean,
       post_logout_redirect_uris = @post_logout_redirect_uris::text[],
       id_token_algorithm = @id_token_algorithm::text, keys = @keys::json, secrets = @secrets::json,
       ver = CASE WHEN @ends_tokens::boolean THEN ${raised('ver')} ELSE ver END, updated_at = ${NOW}
     WHERE id = @id::text RETURNING *),
   r AS (${insertEntries(`SELECT 'client' AS kind, id AS ref, ver AS least FROM c WHERE @ends_tokens::boolean`)}),
   e AS (${insertEvent('c')})
   SELECT ${COLUMNS} FROM c`,
)

/** What a removal sets: only that there was one of this id is kept. */
export const REMOVED = `state = 'removed', name = '', grants = '{}', scopes = '{}', redirect_uris = '{}',
       post_logout_redirect_uris = '{}', keys = '[]', secrets = '[]', updated_at = ${NOW}`

const remove = statement<{ id: string }>(
  'clients.remove',
  `WITH c AS (
     UPDATE countersign.clients SET ${REMOVED}
     WHERE id = @id::text AND state <> 'removed' RETURNING id),
   r AS (${insertEntries(`SELECT 'client' AS kind, id AS ref, NULL::bigint AS least FROM c`)}),
   e AS (${insertEvent('c')})
   SELECT id FROM c`,
)

/** What a change makes of a client whose row is held. */
interface Changed {
  readonly registration: ClientRegistration
  readonly secrets: readonly StoredClientSecret[]
  readonly endsTokens: boolean
}

export function clientVerbs(connection: Connection): ClientVerbs {
  /** Decides with the row held, so that of two changes at once the second sees what the first has made. */
  function change(
    id: string,
    decide: (row: ClientRow) => Changed,
    event: NewEvent,
  ): Promise<Client | undefined> {
    return connection.transaction(async (transaction) => {
      const row = await firstRow(transaction, lock, { id })
      if (row === undefined) return undefined
      const { registration, secrets, endsTokens } = decide(row)
      const values = {
        id,
        ...columnsOf(registration),
        secrets: JSON.stringify(secrets),
        ends_tokens: endsTokens,
      }
      const written = await firstRow(transaction, write, { ...values, ...eventValues(event) })
      return written && toClient(written)
    })
  }

  return {
    async create({ id, secretHash, ...registration }, event) {
      const values = { id, secret_hash: secretHash, ...columnsOf(registration), ...eventValues(event) }
      const row = await firstRow(connection, create, values)
      return row && toClient(row)
    },

    async find(id) {
      const row = await firstRow(connection, find, { id })
      return row && toClient(row)
    },

    async findStanding(id) {
      const row = await firstRow(connection, findStanding, { id })
      return (
        row && {
          client: toClient(row),
          secretHashes: goodSecrets(row.secrets, row.as_of).map(({ hash }) => hash),
          storeEpoch: row.store_epoch,
          asOf: row.as_of,
        }
      )
    },

    async removed(ids) {
      return (await connection.rows(removed, { ids })).map(({ id }) => id)
    },

    async list({ after, limit }) {
      const rows = await connection.rows(list, { first: after === undefined, after, limit })
      return rows.map(toClient)
    },

    change: (id, { endTokens = false, ...given }, event) =>
      change(
        id,
        (row) => {
          const before = toClient(row)
          const registration = { ...before, ...given }
          return {
            registration,
            secrets: keptSecrets(row.secrets, registration),
            endsTokens: endTokens || losesRights(before, registration),
          }
        },
        event,
      ),

    rotateSecret: (id, { hash, formerMilliseconds, endTokens }, event) =>
      change(
        id,
        (row) => ({
          registration: toClient(row),
          secrets: rotatedSecrets(row.secrets, hash, formerMilliseconds, row.as_of),
          endsTokens: endTokens,
        }),
        event,
      ),

    async remove(id, event) {
      return (await firstRow(connection, remove, { id, ...eventValues(event) })) !== undefined
    },
  }
}

function columnsOf(client: ClientRegistration): Values {
  return {
    name: client.name,
    state: client.state,
    grants: client.grants,
    scopes: client.scopes,
    redirect_uris: client.redirectUris,
    auth_method: client.authMethod,
    require_pkce: client.requirePkce,
    skip_consent: client.skipConsent,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    id_token_algorithm: client.idTokenAlgorithm,
    keys: JSON.stringify(client.keys),
  }
}
