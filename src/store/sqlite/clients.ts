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
import { raisedCounter } from '../../model/counters.ts'
import type { Revocation } from '../../model/revocation.ts'
import type { ClientVerbs, NewClient } from '../clients.ts'
import { type ClientRow, toClient } from '../rows/clients.ts'
import type { Connection, Reading, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { writeRevocation } from './revocation-entries.ts'

type InText = 'grants' | 'redirect_uris' | 'post_logout_redirect_uris' | 'keys' | 'secrets'

interface StoredRow
  extends Omit<ClientRow, InText | 'scopes' | 'require_pkce' | 'skip_consent' | 'as_of'>,
    Readonly<Record<InText, string>> {
  readonly scopes: string | null
  readonly require_pkce: number
  readonly skip_consent: number
}

export function clientVerbs(connection: Connection): ClientVerbs {
  return {
    create: (client, event) => connection.write((db) => createClient(db, client, event)),

    find: (id) => connection.read((db) => find(db, id)),

    findStanding: (id) =>
      connection.read((db) => {
        const row = db.get<StoredRow & { store_epoch: number }>(
          `SELECT c.*, s.epoch store_epoch FROM cs_clients c, cs_store s WHERE c.id = :id AND c.state <> 'removed'`,
          { id },
        )
        return (
          row && {
            client: readRegistration(row, db.now),
            secretHashes: goodSecrets(secretsOf(row), db.now).map(({ hash }) => hash),
            storeEpoch: row.store_epoch,
            asOf: db.now,
          }
        )
      }),

    removed: (ids) =>
      connection.read((db) =>
        db
          .all<{ id: string }>(
            `SELECT id FROM cs_clients WHERE state = 'removed' AND id IN (SELECT value FROM json_each(:ids))`,
            { ids: JSON.stringify(ids) },
          )
          .map(({ id }) => id),
      ),

    list: ({ after, limit }) =>
      connection.read((db) =>
        db
          .all<StoredRow>(
            `SELECT * FROM cs_clients
             WHERE state <> 'removed' AND (:after IS NULL
               OR (created_at, id) > (SELECT created_at, id FROM cs_clients WHERE id = :after))
             ORDER BY created_at, id LIMIT :limit`,
            { after, limit },
          )
          .map((row) => readRegistration(row, db.now)),
      ),

    change: (id, change, event) => connection.write((db) => changeClient(db, id, change, event)),

    rotateSecret: (id, { hash, formerMilliseconds, endTokens }, event) =>
      connection.write((db) => {
        const row = readClient(db, id)
        if (row === undefined) return undefined
        const secrets = rotatedSecrets(secretsOf(row), hash, formerMilliseconds, db.now)
        db.run('UPDATE cs_clients SET secrets = :secrets, updated_at = :now WHERE id = :id', {
          id,
          secrets: JSON.stringify(secrets),
          now: db.now,
        })
        if (endTokens) raiseVer(db, id)
        writeEvent(db, event)
        return find(db, id)
      }),

    remove: (id, event) => connection.write((db) => removeClient(db, id, event)),
  }
}

/** Undefined if the id was given before. */
export function createClient(db: Writing, client: NewClient, event: NewEvent): Client | undefined {
  const { id, secretHash, ...registration } = client
  const secrets = secretHash === undefined ? [] : rotatedSecrets([], secretHash, 0, db.now)
  const created = db.run(
    `INSERT INTO cs_clients (id, name, ver, state, grants, scopes, redirect_uris, auth_method, require_pkce,
       skip_consent, post_logout_redirect_uris, id_token_algorithm, keys, secrets, created_at, updated_at)
     VALUES (:id, :name, :ver, :state, :grants, :scopes, :redirectUris, :authMethod, :requirePkce,
       :skipConsent, :postLogoutRedirectUris, :idTokenAlgorithm, :keys, :secrets, :now, :now)
     ON CONFLICT (id) DO NOTHING`,
    // The counter starts at the time, so that no value of a lost and repeated row is given out twice.
    { id, ver: raisedCounter(0, db.now), ...columnsOf(registration, secrets), now: db.now },
  )
  if (created === 0) return undefined
  writeEvent(db, event)
  return find(db, id)
}

export function changeClient(
  db: Writing,
  id: string,
  { endTokens = false, ...change }: Parameters<ClientVerbs['change']>[1],
  event: NewEvent,
): Client | undefined {
  const row = readClient(db, id)
  if (row === undefined) return undefined
  const before = readRegistration(row, db.now)
  const after = { ...before, ...change }
  db.run(
    `UPDATE cs_clients SET name = :name, state = :state, grants = :grants, scopes = :scopes,
       redirect_uris = :redirectUris, auth_method = :authMethod, require_pkce = :requirePkce,
       skip_consent = :skipConsent, post_logout_redirect_uris = :postLogoutRedirectUris,
       id_token_algorithm = :idTokenAlgorithm, keys = :keys, secrets = :secrets, updated_at = :now
     WHERE id = :id`,
    { id, ...columnsOf(after, keptSecrets(secretsOf(row), after)), now: db.now },
  )
  if (endTokens || losesRights(before, after)) raiseVer(db, id)
  writeEvent(db, event)
  return find(db, id)
}

export function removeClient(db: Writing, id: string, event: NewEvent): boolean {
  if (readClient(db, id) === undefined) return false
  markRemoved(db, id)
  writeRevocation(db, { kind: 'client', ref: id, least: undefined })
  writeEvent(db, event)
  return true
}

/**
 * Brings the client's row in line with its entry and answers with the entry to write. A counter is raised past its
 * present value whatever was asked, for the asker may have read it before somebody else raised it.
 */
export function endTokensOfClient(db: Writing, entry: Revocation): Revocation {
  if (entry.least === undefined) {
    markRemoved(db, entry.ref)
    return entry
  }
  const client = db.get<{ ver: number }>('SELECT ver FROM cs_clients WHERE id = :id', { id: entry.ref })
  const ver = Math.max(entry.least, raisedCounter(client?.ver ?? 0, db.now))
  db.run('UPDATE cs_clients SET ver = :ver WHERE id = :id', { id: entry.ref, ver })
  return { ...entry, least: ver }
}

/** Access tokens made before end; sessions live on, for a refresh asks the client's registration anew. */
function raiseVer(db: Writing, id: string): void {
  writeRevocation(db, endTokensOfClient(db, { kind: 'client', ref: id, least: 0 }))
}

/** Only that there was one of this id is kept. */
export function markRemoved(db: Writing, id: string): void {
  db.run(
    `UPDATE cs_clients SET state = 'removed', name = '', grants = '[]', scopes = '[]', redirect_uris = '[]',
       post_logout_redirect_uris = '[]', keys = '[]', secrets = '[]', updated_at = :now
     WHERE id = :id`,
    { id, now: db.now },
  )
}

function readClient(db: Reading, id: string): StoredRow | undefined {
  return db.get<StoredRow>(`SELECT * FROM cs_clients WHERE id = :id AND state <> 'removed'`, { id })
}

function find(db: Reading, id: string): Client | undefined {
  const row = readClient(db, id)
  return row && readRegistration(row, db.now)
}

function secretsOf(row: StoredRow): StoredClientSecret[] {
  return JSON.parse(row.secrets)
}

function columnsOf(client: ClientRegistration, secrets: readonly StoredClientSecret[]) {
  return {
    name: client.name,
    state: client.state,
    grants: JSON.stringify(client.grants),
    scopes: client.scopes === undefined ? null : JSON.stringify(client.scopes),
    redirectUris: JSON.stringify(client.redirectUris),
    authMethod: client.authMethod,
    requirePkce: client.requirePkce,
    skipConsent: client.skipConsent,
    postLogoutRedirectUris: JSON.stringify(client.postLogoutRedirectUris),
    idTokenAlgorithm: client.idTokenAlgorithm,
    keys: JSON.stringify(client.keys),
    secrets: JSON.stringify(secrets),
  }
}

function readRegistration(row: StoredRow, now: number): Client {
  return toClient({
    ...row,
    grants: JSON.parse(row.grants),
    scopes: row.scopes === null ? null : JSON.parse(row.scopes),
    redirect_uris: JSON.parse(row.redirect_uris),
    require_pkce: row.require_pkce === 1,
    skip_consent: row.skip_consent === 1,
    post_logout_redirect_uris: JSON.parse(row.post_logout_redirect_uris),
    keys: JSON.parse(row.keys),
    secrets: secretsOf(row),
    as_of: now,
  })
}
