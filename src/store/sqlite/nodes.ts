import { sealedWith } from '../../keys/seal.ts'
import { NODE_SILENCE_SECONDS, type NodeAnnouncement, type NodeVerbs } from '../nodes.ts'
import type { Connection, Reading } from './connection.ts'
import { LIVE } from './session-rows.ts'

interface NodeRow {
  id: string
  secret_keys: string
  ring_version: number
  access_life_seconds: number
  algorithm: string
  signing_secrets: string
}

export function nodeVerbs(connection: Connection): NodeVerbs {
  return {
    announce: (node) =>
      connection.write((db) => {
        db.run(
          `INSERT INTO cs_nodes (id, secret_keys, ring_version, access_life_seconds, algorithm, signing_secrets, seen_at)
           VALUES (:id, :secretKeys, :ringVersion, :accessLifeSeconds, :algorithm, :signingSecrets, :now)
           ON CONFLICT (id) DO UPDATE SET secret_keys = excluded.secret_keys,
             ring_version = excluded.ring_version,
             access_life_seconds = excluded.access_life_seconds, algorithm = excluded.algorithm,
             signing_secrets = excluded.signing_secrets, seen_at = excluded.seen_at`,
          {
            id: node.id,
            secretKeys: JSON.stringify(node.secretKeys),
            ringVersion: node.ringVersion,
            accessLifeSeconds: node.accessLifeSeconds,
            algorithm: node.algorithm,
            signingSecrets: JSON.stringify(node.signingSecrets),
            now: db.now,
          },
        )
        db.run(
          `INSERT INTO cs_access_lives (seconds, seen_at) VALUES (:seconds, :now)
           ON CONFLICT (seconds) DO UPDATE SET seen_at = max(seen_at, excluded.seen_at)`,
          { seconds: node.accessLifeSeconds, now: db.now },
        )
        return liveNodes(db)
      }),

    live: () => connection.read(liveNodes),

    leave: (id) =>
      connection.write((db) => {
        db.run('DELETE FROM cs_nodes WHERE id = :id', { id })
      }),

    secretKeyUses: () =>
      connection.read((db) => {
        const uses = new Map<string, number>()
        const add = (key: string, count: number) => uses.set(key, (uses.get(key) ?? 0) + count)
        for (const { key, count } of db.all<{ key: string; count: number }>(
          `SELECT s.key_id key, count(*) count
           FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id, cs_store st
           WHERE ${LIVE} AND s.expires_at > :now GROUP BY s.key_id`,
          { now: db.now },
        )) {
          add(key, count)
        }
        // A sealed text begins with its version and the key: all that is needed of it, and the same for many.
        for (const { head, count } of db.all<{ head: string; count: number }>(
          `SELECT substr(sealed, 1, 12) head, count(*) count
           FROM (SELECT sealed FROM cs_keys UNION ALL SELECT sealed FROM cs_totp
             UNION ALL SELECT tokens FROM cs_identities WHERE tokens IS NOT NULL) GROUP BY head`,
        )) {
          const key = sealedWith(head)
          if (key) add(key, count)
        }
        return Object.fromEntries(uses)
      }),
  }
}

function liveNodes(db: Reading): NodeAnnouncement[] {
  const since = db.now - NODE_SILENCE_SECONDS * 1000
  const rows = db.all<NodeRow>('SELECT * FROM cs_nodes WHERE seen_at > :since ORDER BY id', { since })
  return rows.map((row) => ({
    id: row.id,
    secretKeys: JSON.parse(row.secret_keys),
    ringVersion: row.ring_version,
    accessLifeSeconds: row.access_life_seconds,
    algorithm: row.algorithm,
    signingSecrets: JSON.parse(row.signing_secrets),
  }))
}
