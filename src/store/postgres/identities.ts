import type { IdentityVerbs, KeptTokens, NewIdentity } from '../identities.ts'
import { type IdentityRow, type TokensRow, toIdentity, toTokens } from '../rows/identities.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { inMilliseconds, lengthOf, NOW, timeFrom, uuidOrNull } from './expressions.ts'
import { isTaken } from './failure.ts'
import { createUser } from './new-user.ts'
import { statement, type Values } from './statement.ts'
import { lockKeptSession, voidCredentials } from './user-counters.ts'
import { toUser, type UserRow, userColumns } from './user-rows.ts'

const COLUMNS = `i.id, i.user_id, i.provider, i.issuer, i.subject, i.email, ${inMilliseconds('i.added_at')} AS added_at`

const find = statement<IdentityRow & UserRow>(
  'identities.find',
  `SELECT ${COLUMNS}, ${userColumns} FROM countersign.identities i JOIN countersign.users u ON u.id = i.user_id
   WHERE i.issuer = @issuer::text AND i.subject = @subject::text`,
)

const list = statement<IdentityRow>(
  'identities.list',
  `SELECT ${COLUMNS} FROM countersign.identities i WHERE i.user_id = @user_id::uuid ORDER BY i.added_at, i.id`,
)

const insert = `INSERT INTO countersign.identities (user_id, id, provider, issuer, subject, email, added_at)
   SELECT u.id, @id::uuid, @provider::text, @issuer::text, @subject::text, @email::text, ${NOW} FROM u`

/** The user is held, so that no change of their credentials comes between. */
const add = statement<{ id: string }>(
  'identities.add',
  `WITH u AS MATERIALIZED (
     SELECT id FROM countersign.users
     WHERE id = @user_id::uuid AND state = 'active' AND epoch = @user_epoch::bigint FOR NO KEY UPDATE),
   i AS (${insert} RETURNING id),
   e AS (${insertEvent('i')})
   SELECT id FROM i`,
)

const addToNew = statement(
  'identities.add_to_new',
  `WITH u AS (SELECT id FROM countersign.users WHERE id = @user_id::uuid) ${insert}`,
)

const lockUser = statement<{ has_password: boolean }>(
  'identities.lock_user',
  `SELECT password_hash IS NOT NULL AS has_password FROM countersign.users WHERE id = @id::uuid FOR NO KEY UPDATE`,
)

const otherWays = statement<{ ways: number }>(
  'identities.other_ways',
  `SELECT (SELECT count(*) FROM countersign.passkeys WHERE user_id = @id::uuid AND id <> @except::uuid) +
     (SELECT count(*) FROM countersign.identities
      WHERE user_id = @id::uuid AND id <> @except::uuid AND provider = ANY (@usable::text[])) AS ways`,
)

/** Whether anything opens the account beside the passkey or the account elsewhere of that id. The user is locked before. */
export async function isLastWay(
  transaction: Connection,
  id: string | null,
  usable: readonly string[],
  except: string | null,
): Promise<boolean> {
  const user = await firstRow(transaction, lockUser, { id })
  if (user === undefined || user.has_password) return false
  return (await firstRow(transaction, otherWays, { id, usable, except }))?.ways === 0
}

const findOne = statement<{ id: string }>(
  'identities.find_one',
  'SELECT id FROM countersign.identities WHERE user_id = @id::uuid AND id = @identity_id::uuid',
)

const remove = statement<UserRow>(
  'identities.remove',
  `${voidCredentials()},
   i AS (DELETE FROM countersign.identities WHERE user_id = @id::uuid AND id = @identity_id::uuid),
   e AS (${insertEvent('u')}) SELECT ${userColumns} FROM u`,
)

const removeSince = statement(
  'identities.remove_since',
  `DELETE FROM countersign.identities WHERE user_id = @id::uuid AND added_at >= ${timeFrom('@since')}`,
)

const TOKENS = 'id, user_id, tokens'

const keepTokens = statement<{ id: string }>(
  'identities.keep_tokens',
  `UPDATE countersign.identities SET tokens = @sealed::text, claimed_until = NULL
   WHERE user_id = @user_id::uuid AND id = @id::uuid RETURNING id`,
)

const findTokens = statement<TokensRow>(
  'identities.find_tokens',
  `SELECT ${TOKENS} FROM countersign.identities
   WHERE user_id = @user_id::uuid AND provider = @provider::text AND tokens IS NOT NULL
   ORDER BY added_at DESC, id LIMIT 1`,
)

const claimTokens = statement<{ id: string }>(
  'identities.claim_tokens',
  `UPDATE countersign.identities SET claimed_until = ${NOW} + ${lengthOf('@life')}
   WHERE user_id = @user_id::uuid AND id = @id::uuid AND tokens = @sealed::text
     AND (claimed_until IS NULL OR claimed_until <= ${NOW}) RETURNING id`,
)

const replaceTokens = statement<{ id: string }>(
  'identities.replace_tokens',
  `UPDATE countersign.identities SET tokens = @to::text, claimed_until = NULL
   WHERE user_id = @user_id::uuid AND id = @id::uuid AND tokens = @sealed::text RETURNING id`,
)

const listTokensNotUnder = statement<TokensRow>(
  'identities.list_tokens_not_under',
  `SELECT ${TOKENS} FROM countersign.identities WHERE tokens NOT LIKE 's1.' || @fingerprint::text || '.%'
   ORDER BY user_id, id LIMIT @limit::bigint`,
  { long: true },
)

/** Those added at that time or later, as a step of a change that ends the sessions. */
export async function removeIdentities(transaction: Connection, id: string, since: number): Promise<void> {
  await transaction.rows(removeSince, { id, since })
}

export function identityVerbs(connection: Connection): IdentityVerbs {
  return {
    async find(issuer, subject) {
      const row = await firstRow(connection, find, { issuer, subject })
      return row && { identity: toIdentity(row), user: toUser(row) }
    },

    list: async (userId) => (await connection.rows(list, { user_id: uuidOrNull(userId) })).map(toIdentity),

    async add({ userEpoch, ...identity }, event) {
      const values = { ...valuesOf(identity), user_epoch: userEpoch, ...eventValues(event) }
      try {
        return (await firstRow(connection, add, values)) === undefined ? 'stale' : 'added'
      } catch (error) {
        if (!isTaken(error)) throw error
        return 'taken'
      }
    },

    async createAccount(user, identity, event) {
      try {
        return await connection.transaction(async (inside) => {
          const created = await createUser(inside, user, event)
          if (created.outcome === 'created') await inside.rows(addToNew, valuesOf(identity))
          return created
        })
      } catch (error) {
        if (!isTaken(error)) throw error
        return { outcome: 'taken', field: 'identity' }
      }
    },

    remove: ({ userId, id, keepSessionId, usable }, event) =>
      connection.transaction(async (inside) => {
        const who = { id: uuidOrNull(userId), keep: uuidOrNull(keepSessionId) }
        const which = { ...who, identity_id: uuidOrNull(id) }
        await inside.rows(lockKeptSession, who)
        const user = await firstRow(inside, lockUser, who)
        if (user === undefined || (await firstRow(inside, findOne, which)) === undefined) return 'none'
        if (await isLastWay(inside, who.id, usable, which.identity_id)) return 'last'
        await inside.rows(remove, { ...which, ...eventValues(event) })
        return 'removed'
      }),

    async keepTokens(tokens) {
      return (await firstRow(connection, keepTokens, tokenValues(tokens))) !== undefined
    },

    async findTokens(userId, provider) {
      const row = await firstRow(connection, findTokens, { user_id: uuidOrNull(userId), provider })
      return row && toTokens(row)
    },

    async claimTokens(tokens, lifeMilliseconds) {
      const values = { ...tokenValues(tokens), life: lifeMilliseconds }
      return (await firstRow(connection, claimTokens, values)) !== undefined
    },

    async replaceTokens(tokens, to) {
      return (await firstRow(connection, replaceTokens, { ...tokenValues(tokens), to })) !== undefined
    },

    async listTokensNotUnder(fingerprint, limit) {
      return (await connection.rows(listTokensNotUnder, { fingerprint, limit })).map(toTokens)
    },
  }
}

function valuesOf({ id, userId, provider, issuer, subject, email }: NewIdentity): Values {
  return { id: uuidOrNull(id), user_id: uuidOrNull(userId), provider, issuer, subject, email }
}

function tokenValues({ id, userId, sealed }: KeptTokens): Values {
  return { id: uuidOrNull(id), user_id: uuidOrNull(userId), sealed }
}
