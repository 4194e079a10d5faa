import { type ApiKey, MOST_API_KEYS } from '../../model/api-key.ts'
import type { ApiKeyVerbs } from '../api-keys.ts'
import type { Connection, Reading, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { writeRevocation } from './revocation-entries.ts'
import { isLiveSession } from './session-rows.ts'
import { readUser, toUser } from './user-rows.ts'

interface ApiKeyRow {
  user_id: string
  id: string
  name: string
  scopes: string
  created_at: number
  used_at: number | null
  ends_at: number
  store_epoch: number
  store_epoch_now: number
}

const LIVE = `SELECT k.*, s.epoch store_epoch_now FROM cs_api_keys k, cs_store s
  WHERE k.user_id = :userId AND k.ends_at > :now`

export function apiKeyVerbs(connection: Connection): ApiKeyVerbs {
  return {
    create: ({ scopes, lifeMilliseconds, sessionId, ...key }, event) =>
      connection.write((db) => {
        const { userId } = key
        if (readUser(db, userId)?.state !== 'active') return undefined
        if (sessionId !== undefined && !isLiveSession(db, userId, sessionId)) return undefined
        if (listLive(db, userId).length >= MOST_API_KEYS) return undefined
        db.run(
          `INSERT INTO cs_api_keys (user_id, id, hash, name, scopes, store_epoch, created_at, ends_at)
           SELECT :userId, :id, :hash, :name, :scopes, epoch, :now, :endsAt FROM cs_store`,
          { ...key, scopes: JSON.stringify(scopes), now: db.now, endsAt: db.now + lifeMilliseconds },
        )
        writeEvent(db, event)
        return findLive(db, userId, key.id)
      }),

    findStanding: (userId, hash) =>
      connection.read((db) => {
        const row = db.get<ApiKeyRow>(`${LIVE} AND k.hash = :hash`, { userId, hash, now: db.now })
        const user = row && readUser(db, userId)
        return row && user && { key: toApiKey(row), user: toUser(user), storeEpoch: row.store_epoch_now }
      }),

    findOwner: (userId, id) =>
      connection.read((db) => {
        const user = findLive(db, userId, id)?.suspended === false ? readUser(db, userId) : undefined
        return user?.state === 'active' ? toUser(user) : undefined
      }),

    list: (userId) => connection.read((db) => listLive(db, userId)),

    revoke: ({ userId, id }, event) =>
      connection.write((db) => {
        if (findLive(db, userId, id) === undefined) return false
        db.run('UPDATE cs_api_keys SET ends_at = :now WHERE user_id = :userId AND id = :id', {
          userId,
          id,
          now: db.now,
        })
        writeRevocation(db, { kind: 'apikey', ref: id, least: undefined })
        writeEvent(db, event)
        return true
      }),

    confirm: ({ userId, id }, event) =>
      connection.write((db) => {
        if (findLive(db, userId, id)?.suspended !== true) return false
        db.run(
          `UPDATE cs_api_keys SET store_epoch = (SELECT epoch FROM cs_store)
           WHERE user_id = :userId AND id = :id`,
          { userId, id },
        )
        writeEvent(db, event)
        return true
      }),

    noteUses: (uses) =>
      connection.write((db) => {
        for (const { userId, id } of uses) {
          db.run('UPDATE cs_api_keys SET used_at = :now WHERE user_id = :userId AND id = :id', {
            userId,
            id,
            now: db.now,
          })
        }
      }),
  }
}

/** All of a user, as a step of a larger change. */
export function endApiKeys(db: Writing, userId: string): void {
  for (const { id } of listLive(db, userId))
    writeRevocation(db, { kind: 'apikey', ref: id, least: undefined })
  db.run('UPDATE cs_api_keys SET ends_at = :now WHERE user_id = :userId AND ends_at > :now', {
    userId,
    now: db.now,
  })
}

function listLive(db: Reading, userId: string): ApiKey[] {
  return db.all<ApiKeyRow>(`${LIVE} ORDER BY k.created_at DESC, k.id`, { userId, now: db.now }).map(toApiKey)
}

function findLive(db: Reading, userId: string, id: string): ApiKey | undefined {
  const row = db.get<ApiKeyRow>(`${LIVE} AND k.id = :id`, { userId, id, now: db.now })
  return row && toApiKey(row)
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    scopes: JSON.parse(row.scopes),
    createdAt: row.created_at,
    expiresAt: row.ends_at,
    usedAt: row.used_at ?? undefined,
    suspended: row.store_epoch < row.store_epoch_now,
  }
}
