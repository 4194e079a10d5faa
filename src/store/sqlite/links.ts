import { type LinkPurpose, STOPPED_CHANGE_REACH_MILLISECONDS } from '../../model/link.ts'
import { type LinkStanding, type LinkUse, type LinkVerbs, MOST_LINKS, type NewLink } from '../links.ts'
import { endApiKeys } from './api-keys.ts'
import type { Connection, Reading, Writing } from './connection.ts'
import { removeConsents } from './consents.ts'
import { writeEvent } from './events.ts'
import { removeFactors } from './factors.ts'
import { refuseGoneRoles } from './held-roles.ts'
import { removeIdentities } from './identities.ts'
import { findTaken, insertUser } from './new-user.ts'
import { raiseEpoch } from './user-counters.ts'
import { readUser, toUser, type UserRow } from './user-rows.ts'

interface LinkRow {
  user_id: string
  hash: string
  purpose: LinkPurpose
  email: string
  email_key: string
  user_epoch: number | null
  facts: string
  ends_at: number
}

export function linkVerbs(connection: Connection): LinkVerbs {
  return {
    create: (links, event) =>
      connection.write((db) => {
        for (const { keptRoles } of links) refuseGoneRoles(db, keptRoles)
        const isFull = ({ emailKey, purpose }: NewLink) =>
          purpose !== 'register' && countWaiting(db, emailKey, purpose) >= MOST_LINKS
        if (links.some(isFull)) return false
        for (const link of links) {
          if (link.purpose === 'register') makeRoom(db, link)
          db.run(
            `INSERT INTO cs_links (user_id, hash, purpose, email, email_key, user_epoch, facts, ends_at)
             VALUES (:userId, :hash, :purpose, :email, :emailKey,
               coalesce(:userEpoch, (SELECT epoch FROM cs_users WHERE id = :userId)), :facts, :endsAt)`,
            {
              userId: link.userId,
              hash: link.hash,
              purpose: link.purpose,
              email: link.email,
              emailKey: link.emailKey,
              userEpoch: link.userEpoch,
              facts: JSON.stringify(link.facts),
              endsAt: db.now + link.lifeMilliseconds,
            },
          )
        }
        writeEvent(db, event)
        return true
      }),

    invitations: ({ after, limit }) =>
      connection.read((db) =>
        db
          .all<LinkRow>(
            `SELECT * FROM cs_links WHERE purpose = 'invite' AND ends_at > :now AND (email_key, user_id) > (:emailKey, :userId)
             ORDER BY email_key, user_id LIMIT :limit`,
            { now: db.now, emailKey: after?.emailKey ?? '', userId: after?.userId ?? '', limit },
          )
          .map((row) => ({
            userId: row.user_id,
            email: row.email,
            emailKey: row.email_key,
            facts: JSON.parse(row.facts),
            endsAt: row.ends_at,
          })),
      ),

    withdrawInvitations: (emailKey, event) =>
      connection.write((db) => {
        const withdrawn = db.run(
          `DELETE FROM cs_links WHERE email_key = :emailKey AND purpose = 'invite' AND ends_at > :now`,
          { emailKey, now: db.now },
        )
        if (withdrawn > 0) writeEvent(db, event)
        return withdrawn
      }),

    find: (use) =>
      connection.read((db) => {
        const row = readLink(db, use)
        return row && toStanding(db, row)
      }),

    createAccount: (use, user, event) =>
      connection.write((db) => {
        if (readLink(db, use, 'register') === undefined && readLink(db, use, 'invite') === undefined)
          return undefined
        const taken = findTaken(db, user)
        if (taken !== undefined) return taken
        insertUser(db, user)
        removeLinks(db, use.userId)
        writeEvent(db, event)
        return { outcome: 'created', user: changed(db, user.id) }
      }),

    verifyEmail: (use, event) =>
      connection.write((db) => {
        if (ownerOf(db, use, 'verify') === undefined) return undefined
        db.run('DELETE FROM cs_links WHERE user_id = :userId AND hash = :hash', {
          userId: use.userId,
          hash: use.hash,
        })
        db.run('UPDATE cs_users SET email_verified = 1, updated_at = :now WHERE id = :id', {
          id: use.userId,
          now: db.now,
        })
        writeEvent(db, event)
        return changed(db, use.userId)
      }),

    resetPassword: (use, passwordHash, event) =>
      connection.write((db) => {
        const user = ownerOf(db, use, 'reset')
        if (user === undefined) return undefined
        endApiKeys(db, user.id)
        if (user.email_verified === 0) {
          removeFactors(db, user.id, 0)
          removeIdentities(db, user.id, 0)
          removeConsents(db, user.id)
        }
        db.run('UPDATE cs_users SET password_hash = :hash, email_verified = 1 WHERE id = :id', {
          id: user.id,
          hash: passwordHash,
        })
        raiseEpoch(db, user, { why: 'password_changed' })
        removeLinks(db, user.id)
        writeEvent(db, event)
        return changed(db, user.id)
      }),

    changeEmail: (use, event) =>
      connection.write((db) => {
        const link = readLink(db, use, 'change_email')
        if (link === undefined || readUser(db, link.user_id) === undefined) return undefined
        const taken = findTaken(db, { emailKey: link.email_key }, link.user_id)
        if (taken !== undefined) return taken
        setEmail(db, link)
        removeLinks(db, link.user_id)
        writeEvent(db, event)
        return { outcome: 'changed', user: changed(db, link.user_id) }
      }),

    keepEmail: (use, event) =>
      connection.write((db) => {
        const link = readLink(db, use, 'keep_email')
        const user = link && readUser(db, link.user_id)
        if (link === undefined || user === undefined) return undefined
        const taken = findTaken(db, { emailKey: link.email_key }, user.id)
        if (taken !== undefined) return taken
        setEmail(db, link)
        endApiKeys(db, user.id)
        // Who has broken in sets up a way back in first.
        const since = link.ends_at - use.lifeMilliseconds - STOPPED_CHANGE_REACH_MILLISECONDS
        removeFactors(db, user.id, since)
        removeIdentities(db, user.id, since)
        // Nobody knows which of them the owner gave: who is asked again loses nothing.
        removeConsents(db, user.id)
        db.run('UPDATE cs_users SET password_hash = NULL WHERE id = :id', { id: user.id })
        raiseEpoch(db, user, { why: 'password_changed' })
        db.run('DELETE FROM cs_links WHERE user_id = :id', { id: user.id })
        writeEvent(db, event)
        return { outcome: 'kept', user: changed(db, user.id) }
      }),
  }
}

function countWaiting(db: Reading, emailKey: string, purpose: LinkPurpose): number {
  const row = db.get<{ count: number }>(
    `SELECT count(*) count FROM cs_links
     WHERE email_key = :emailKey AND purpose = :purpose AND ends_at > :now`,
    { emailKey, purpose, now: db.now },
  )
  return row?.count ?? 0
}

/** Of those that wait the oldest go, so that there is room for one. */
function makeRoom(db: Writing, { emailKey, purpose }: NewLink): void {
  db.run(
    `DELETE FROM cs_links WHERE (user_id, hash) IN (
       SELECT user_id, hash FROM cs_links WHERE email_key = :emailKey AND purpose = :purpose
       ORDER BY ends_at DESC LIMIT -1 OFFSET :kept)`,
    { emailKey, purpose, kept: MOST_LINKS - 1 },
  )
}

/** A link that works now; what stands for the account's credentials is void once they were changed. */
function readLink(db: Reading, { userId, hash }: LinkUse, purpose?: LinkPurpose): LinkRow | undefined {
  const row = db.get<LinkRow>(
    'SELECT * FROM cs_links WHERE user_id = :userId AND hash = :hash AND ends_at > :now',
    { userId, hash, now: db.now },
  )
  if (row === undefined || (purpose !== undefined && row.purpose !== purpose)) return undefined
  if (row.user_epoch === null) return row
  const user = readUser(db, userId)
  if (user === undefined || row.purpose === 'keep_email') return user && row
  // Asked for while the address changed, it was mailed to the former one.
  const isTheirs = row.purpose === 'change_email' || row.email_key === user.email_key
  return isTheirs && row.user_epoch === user.epoch ? row : undefined
}

function ownerOf(db: Reading, use: LinkUse, purpose: LinkPurpose): UserRow | undefined {
  return readLink(db, use, purpose) && readUser(db, use.userId)
}

function toStanding(db: Reading, row: LinkRow): LinkStanding {
  const user = readUser(db, row.user_id)
  return {
    purpose: row.purpose,
    userId: row.user_id,
    email: row.email,
    facts: JSON.parse(row.facts),
    user: user && toUser(user),
  }
}

function setEmail(db: Writing, { user_id: id, email, email_key: emailKey }: LinkRow): void {
  db.run(
    `UPDATE cs_users SET email = :email, email_key = :emailKey, email_verified = 1, updated_at = :now WHERE id = :id`,
    { id, email, emailKey, now: db.now },
  )
}

/** All of an account, but for the way back to its former address. */
function removeLinks(db: Writing, userId: string): void {
  db.run(`DELETE FROM cs_links WHERE user_id = :userId AND purpose <> 'keep_email'`, { userId })
}

function changed(db: Reading, id: string) {
  const row = readUser(db, id)
  if (row === undefined) throw new Error('the user just written is not there')
  return toUser(row)
}
