import { sealedWith } from '../../keys/seal.ts'
import type { NodeAnnouncement, NodeVerbs } from '../nodes.ts'
import type { Connection } from './connection.ts'
import { asJson, NOW } from './expressions.ts'
import { NODE_SILENCE } from './revocation-entries.ts'
import { LIVE, WITHIN_LIMITS } from './session-rows.ts'
import { statement } from './statement.ts'

interface NodeRow {
  readonly id: string
  readonly secret_keys: readonly string[]
  readonly ring_version: number
  readonly access_life_seconds: number
  readonly algorithm: string
  readonly signing_secrets: readonly string[]
}

const COLUMNS = `id, ${asJson('secret_keys')} AS secret_keys, ring_version, access_life_seconds, algorithm,
     ${asJson('signing_secrets')} AS signing_secrets`

const announce = statement<NodeRow>(
  'nodes.announce',
  `WITH me AS (
     INSERT INTO countersign.nodes (id, secret_keys, ring_version, access_life_seconds, algorithm, signing_secrets,
       seen_at)
     VALUES (@id::text, @secret_keys::text[], @ring_version::bigint, @access_life_seconds::integer, @algorithm::text,
       @signing_secrets::text[], ${NOW})
     ON CONFLICT (id) DO UPDATE SET secret_keys = excluded.secret_keys, ring_version = excluded.ring_version,
       access_life_seconds = excluded.access_life_seconds, algorithm = excluded.algorithm,
       signing_secrets = excluded.signing_secrets, seen_at = excluded.seen_at
     RETURNING *),
   life AS (
     INSERT INTO countersign.access_lives AS former (seconds, seen_at) SELECT access_life_seconds, seen_at FROM me
     ON CONFLICT (seconds) DO UPDATE SET seen_at = greatest(former.seen_at, excluded.seen_at)),
   -- The statement does not see its own change in the table.
   seen AS (
     SELECT * FROM me
     UNION ALL
     SELECT * FROM countersign.nodes WHERE id <> @id::text AND seen_at > clock_timestamp() - ${NODE_SILENCE})
   SELECT ${COLUMNS} FROM seen ORDER BY id`,
)

const live = statement<NodeRow>(
  'nodes.live',
  `SELECT ${COLUMNS} FROM countersign.nodes WHERE seen_at > clock_timestamp() - ${NODE_SILENCE} ORDER BY id`,
)

const leave = statement('nodes.leave', 'DELETE FROM countersign.nodes WHERE id = @id::text')

const sessionUses = statement<{ key_id: string; sessions: number }>(
  'nodes.session_uses',
  `SELECT s.key_id, count(*) AS sessions
   FROM countersign.sessions s JOIN countersign.users u ON u.id = s.user_id, countersign.store st
   WHERE ${LIVE} AND ${WITHIN_LIMITS} GROUP BY s.key_id`,
  { long: true },
)

// A sealed text begins with its version and the key: all that is needed of it, and the same for many.
const sealed = statement<{ head: string; count: number }>(
  'nodes.sealed',
  `SELECT left(sealed, 12) AS head, count(*) AS count
   FROM (SELECT sealed FROM countersign.keys UNION ALL SELECT sealed FROM countersign.totp
     UNION ALL SELECT tokens FROM countersign.identities WHERE tokens IS NOT NULL) s GROUP BY head`,
  { long: true },
)

export function nodeVerbs(connection: Connection): NodeVerbs {
  return {
    async announce(node) {
      const rows = await connection.rows(announce, {
        id: node.id,
        secret_keys: node.secretKeys,
        ring_version: node.ringVersion,
        access_life_seconds: node.accessLifeSeconds,
        algorithm: node.algorithm,
        signing_secrets: node.signingSecrets,
      })
      return rows.map(toNode)
    },

    live: async () => (await connection.rows(live)).map(toNode),

    async leave(id) {
      await connection.rows(leave, { id })
    },

    async secretKeyUses() {
      const uses = new Map<string, number>()
      const add = (key: string, count: number) => uses.set(key, (uses.get(key) ?? 0) + count)
      for (const { key_id, sessions } of await connection.rows(sessionUses)) add(key_id, sessions)
      for (const { head, count } of await connection.rows(sealed)) {
        const key = sealedWith(head)
        if (key) add(key, count)
      }
      return Object.fromEntries(uses)
    },
  }
}

function toNode(row: NodeRow): NodeAnnouncement {
  return {
    id: row.id,
    secretKeys: row.secret_keys,
    ringVersion: row.ring_version,
    accessLifeSeconds: row.access_life_seconds,
    algorithm: row.algorithm,
    signingSecrets: row.signing_secrets,
  }
}
