import { type LinkPurpose, STOPPED_CHANGE_REACH_MILLISECONDS } from '../../model/link.ts'
import type { User } from '../../model/user.ts'
import { type LinkStanding, type LinkUse, type LinkVerbs, MOST_LINKS } from '../links.ts'
import { endApiKeys } from './api-keys.ts'
import { type Connection, firstRow } from './connection.ts'
import { removeConsents } from './consents.ts'
import { eventValues, insertEvent } from './events.ts'
import { inMilliseconds, lengthOf, NOW, uuidOrNull } from './expressions.ts'
import { removeFactors } from './factors.ts'
import { isTaken } from './failure.ts'
import { holdRoles } from './held-roles.ts'
import { removeIdentities } from './identities.ts'
import { createUser } from './new-user.ts'
import { statement } from './statement.ts'
import { voidCredentials } from './user-counters.ts'
import { toUser, type UserRow, userColumns } from './user-rows.ts'

interface LinkRow {
  readonly l_purpose: LinkPurpose
  readonly l_user_id: string
  readonly l_email: string
  readonly l_email_key: string
  readonly l_facts: Readonly<Record<string, unknown>>
  readonly l_ends_at: number
}

const COLUMNS = `l.purpose AS l_purpose, l.user_id AS l_user_id, l.email AS l_email, l.email_key AS l_email_key,
    l.facts AS l_facts, ${inMilliseconds('l.ends_at')} AS l_ends_at`

/**
 * What stands for the account's credentials is void once they were changed; asked for while the address changed, it was
 * mailed to the former one.
 */
const WORKS = `l.user_id = @user_id::uuid AND l.hash = @hash::text AND l.ends_at > clock_timestamp()
    AND (l.user_epoch IS NULL OR (l.purpose = 'keep_email' AND u.id IS NOT NULL)
      OR (l.user_epoch = u.epoch AND (l.purpose = 'change_email' OR l.email_key = u.email_key)))`

// Two who ask at once for the same address count one after the other.
const lockAddress = statement(
  'links.lock_address',
  `SELECT pg_advisory_xact_lock(hashtextextended(@email_key::text, 8613))`,
)

const countWaiting = statement<{ waiting: number }>(
  'links.count_waiting',
  `SELECT count(*) AS waiting FROM countersign.links
   WHERE email_key = @email_key::text AND purpose = @purpose::text AND ends_at > clock_timestamp()`,
)

// Of those that wait the oldest go, so that there is room for one.
const makeRoom = statement(
  'links.make_room',
  `DELETE FROM countersign.links WHERE (user_id, hash) IN (
     SELECT user_id, hash FROM countersign.links WHERE email_key = @email_key::text AND purpose = @purpose::text
     ORDER BY ends_at DESC OFFSET @kept::integer)`,
)

const invitations = statement<LinkRow>(
  'links.invitations',
  `SELECT ${COLUMNS} FROM countersign.links l
   WHERE l.purpose = 'invite' AND l.ends_at > clock_timestamp()
     AND (@first::boolean OR (l.email_key, l.user_id) > (@email_key::text, @user_id::uuid))
   ORDER BY l.email_key, l.user_id LIMIT @limit::bigint`,
)

const withdrawInvitations = statement<{ withdrawn: number }>(
  'links.withdraw_invitations',
  `WITH l AS (
     DELETE FROM countersign.links
     WHERE email_key = @email_key::text AND purpose = 'invite' AND ends_at > clock_timestamp() RETURNING hash),
   n AS (SELECT count(*) AS withdrawn FROM l),
   e AS (${insertEvent('n WHERE n.withdrawn > 0')})
   SELECT withdrawn FROM n`,
)

const insert = statement(
  'links.insert',
  `INSERT INTO countersign.links (user_id, hash, purpose, email, email_key, user_epoch, facts, ends_at)
   SELECT @user_id::uuid, @hash::text, @purpose::text, @email::text, @email_key::text,
     coalesce(@user_epoch::bigint, (SELECT epoch FROM countersign.users WHERE id = @user_id::uuid)), @facts::json, ${NOW} + ${lengthOf('@life')}`,
)

const record = statement('links.record', insertEvent())

const find = statement<LinkRow & { readonly [Column in keyof UserRow]: UserRow[Column] | null }>(
  'links.find',
  `SELECT ${COLUMNS}, ${userColumns}
   FROM countersign.links l LEFT JOIN countersign.users u ON u.id = l.user_id WHERE ${WORKS}`,
)

// Whoever changes the account's credentials waits, and so does the second who uses the link: it is gone then.
const lockOwner = statement<{ email_verified: boolean }>(
  'links.lock_owner',
  'SELECT email_verified FROM countersign.users WHERE id = @user_id::uuid FOR NO KEY UPDATE',
)

const lock = statement<LinkRow>(
  'links.lock',
  `SELECT ${COLUMNS} FROM countersign.links l LEFT JOIN countersign.users u ON u.id = l.user_id
   WHERE ${WORKS} AND l.purpose = ANY(@purposes::text[]) FOR UPDATE OF l`,
)

const remove = statement(
  'links.remove',
  'DELETE FROM countersign.links WHERE user_id = @user_id::uuid AND hash = @hash::text',
)

const removeAll = statement(
  'links.remove_all',
  `DELETE FROM countersign.links WHERE user_id = @user_id::uuid AND (@all::boolean OR purpose <> 'keep_email')`,
)

const verify = statement<UserRow>(
  'links.verify_email',
  `WITH u AS (
     UPDATE countersign.users SET email_verified = true, updated_at = ${NOW} WHERE id = @user_id::uuid RETURNING *),
   e AS (${insertEvent('u')})
   SELECT ${userColumns} FROM u`,
)

const reset = statement<UserRow>(
  'links.reset_password',
  `${voidCredentials('password_hash = @password_hash::text, email_verified = true')}, e AS (${insertEvent('u')})
   SELECT ${userColumns} FROM u`,
)

const setEmail = statement<UserRow>(
  'links.change_email',
  `WITH u AS (
     UPDATE countersign.users SET email = @email::text, email_key = @email_key::text, email_verified = true,
       updated_at = ${NOW}
     WHERE id = @user_id::uuid RETURNING *),
   e AS (${insertEvent('u')})
   SELECT ${userColumns} FROM u`,
)

const keep = statement<UserRow>(
  'links.keep_email',
  `${voidCredentials('email = @email::text, email_key = @email_key::text, email_verified = true, password_hash = NULL')},
   e AS (${insertEvent('u')})
   SELECT ${userColumns} FROM u`,
)

/** Does the work of a link in one transaction; the work removes the link, unless it refuses. */
function use<Done>(
  connection: Connection,
  { userId, hash }: LinkUse,
  purposes: readonly LinkPurpose[],
  work: (inside: Connection, link: LinkRow, isProven: boolean) => Promise<Done>,
): Promise<Done | undefined> {
  return connection.transaction(async (inside) => {
    const owner = { user_id: uuidOrNull(userId) }
    const before = await firstRow(inside, lockOwner, owner)
    const link = await firstRow(inside, lock, { ...owner, hash, purposes })
    return link && work(inside, link, before?.email_verified === true)
  })
}

export function linkVerbs(connection: Connection): LinkVerbs {
  /** The user of a statement that a unique address may refuse. */
  async function unlessTaken<Outcome extends string>(
    outcome: Outcome,
    work: () => Promise<User | undefined>,
  ): Promise<{ outcome: Outcome; user: User } | { outcome: 'taken'; field: 'email' } | undefined> {
    try {
      const user = await work()
      return user && { outcome, user }
    } catch (error) {
      if (isTaken(error)) return { outcome: 'taken', field: 'email' }
      throw error
    }
  }

  return {
    create: (links, event) =>
      connection.transaction(async (inside) => {
        await holdRoles(inside, [...new Set(links.flatMap(({ keptRoles }) => keptRoles))])
        const keys = [...new Set(links.map(({ emailKey }) => emailKey))].sort()
        for (const email_key of keys) await inside.rows(lockAddress, { email_key })
        for (const { emailKey: email_key, purpose } of links) {
          if (purpose === 'register') {
            await inside.rows(makeRoom, { email_key, purpose, kept: MOST_LINKS - 1 })
            continue
          }
          const row = await firstRow(inside, countWaiting, { email_key, purpose })
          if ((row?.waiting ?? 0) >= MOST_LINKS) return false
        }
        for (const link of links) {
          await inside.rows(insert, {
            user_id: link.userId,
            hash: link.hash,
            purpose: link.purpose,
            email: link.email,
            email_key: link.emailKey,
            user_epoch: link.userEpoch ?? null,
            facts: JSON.stringify(link.facts),
            life: link.lifeMilliseconds,
          })
        }
        await inside.rows(record, eventValues(event))
        return true
      }),

    async invitations({ after, limit }) {
      const values = {
        first: after === undefined,
        email_key: after?.emailKey,
        user_id: uuidOrNull(after?.userId),
        limit,
      }
      return (await connection.rows(invitations, values)).map((row) => ({
        userId: row.l_user_id,
        email: row.l_email,
        emailKey: row.l_email_key,
        facts: row.l_facts,
        endsAt: row.l_ends_at,
      }))
    },

    async withdrawInvitations(emailKey, event) {
      const values = { email_key: emailKey, ...eventValues(event) }
      return (await firstRow(connection, withdrawInvitations, values))?.withdrawn ?? 0
    },

    async find({ userId, hash }) {
      const row = await firstRow(connection, find, { user_id: uuidOrNull(userId), hash })
      return row && toStanding(row)
    },

    // Roles first, as whoever removes one locks it before the links that promise it.
    createAccount: (link, user, event) =>
      connection.transaction(async (transaction) => {
        await holdRoles(transaction, user.keptRoles)
        return use(transaction, link, ['register', 'invite'], async (inside, { l_user_id }) => {
          const created = await createUser(inside, user, event)
          if (created.outcome === 'created') await inside.rows(removeAll, { user_id: l_user_id, all: false })
          return created
        })
      }),

    verifyEmail: (link, event) =>
      use(connection, link, ['verify'], async (inside, { l_user_id }) => {
        await inside.rows(remove, { user_id: l_user_id, hash: link.hash })
        return userOf(await firstRow(inside, verify, { user_id: l_user_id, ...eventValues(event) }))
      }),

    resetPassword: (link, passwordHash, event) =>
      use(connection, link, ['reset'], async (inside, { l_user_id }, isProven) => {
        await endApiKeys(inside, l_user_id)
        if (!isProven) {
          await removeFactors(inside, l_user_id, 0)
          await removeIdentities(inside, l_user_id, 0)
          await removeConsents(inside, l_user_id)
        }
        const values = { id: l_user_id, keep: null, password_hash: passwordHash, ...eventValues(event) }
        const row = await firstRow(inside, reset, values)
        await inside.rows(removeAll, { user_id: l_user_id, all: false })
        return userOf(row)
      }),

    changeEmail: (link, event) =>
      unlessTaken('changed', () =>
        use(connection, link, ['change_email'], async (inside, { l_user_id, l_email, l_email_key }) => {
          const values = { user_id: l_user_id, email: l_email, email_key: l_email_key, ...eventValues(event) }
          const row = await firstRow(inside, setEmail, values)
          await inside.rows(removeAll, { user_id: l_user_id, all: false })
          return userOf(row)
        }),
      ),

    keepEmail: (link, event) =>
      unlessTaken('kept', () =>
        use(
          connection,
          link,
          ['keep_email'],
          async (inside, { l_user_id, l_email, l_email_key, l_ends_at }) => {
            await endApiKeys(inside, l_user_id)
            // Who has broken in sets up a way back in first.
            const since = l_ends_at - link.lifeMilliseconds - STOPPED_CHANGE_REACH_MILLISECONDS
            await removeFactors(inside, l_user_id, since)
            await removeIdentities(inside, l_user_id, since)
            // Nobody knows which of them the owner gave: who is asked again loses nothing.
            await removeConsents(inside, l_user_id)
            const values = {
              id: l_user_id,
              keep: null,
              email: l_email,
              email_key: l_email_key,
              ...eventValues(event),
            }
            const row = await firstRow(inside, keep, values)
            await inside.rows(removeAll, { user_id: l_user_id, all: true })
            return userOf(row)
          },
        ),
      ),
  }
}

function userOf(row: UserRow | undefined): User | undefined {
  return row && toUser(row)
}

function toStanding(
  row: LinkRow & { readonly [Column in keyof UserRow]: UserRow[Column] | null },
): LinkStanding {
  return {
    purpose: row.l_purpose,
    userId: row.l_user_id,
    email: row.l_email,
    facts: row.l_facts,
    user: row.u_id === null ? undefined : toUser(row as UserRow),
  }
}
