import { NODE_SILENCE_SECONDS } from '../nodes.ts'
import { DEFAULT_ACCESS_LIFE_SECONDS, ENTRY_MARGIN_SECONDS } from '../revocations.ts'
import { NOW } from './expressions.ts'

export const NODE_SILENCE = `interval '${NODE_SILENCE_SECONDS} seconds'`

/** The longest life of an access token that may still be alive (PROTOCOL 2.5), in seconds. */
export const LONGEST_LIFE = `(SELECT coalesce(max(l.seconds), ${DEFAULT_ACCESS_LIFE_SECONDS})
    FROM countersign.access_lives l
    WHERE l.seen_at + ${NODE_SILENCE} + make_interval(secs => l.seconds) > clock_timestamp())`

const LIFE = `make_interval(secs => ${LONGEST_LIFE} + ${ENTRY_MARGIN_SECONDS})`

const ID = `CASE WHEN entry.ref ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN entry.ref::uuid END`

/**
 * When the last token that an entry ends can have been made. Later than now, if the clock was set back since: an entry
 * counted from now alone would be over before the token, once the clock is right again.
 */
const LAST_MADE_AT = `CASE entry.kind
      WHEN 'session' THEN (SELECT max(t.turned_at) FROM countersign.sessions t WHERE t.id = ${ID})
      WHEN 'user' THEN (SELECT max(t.turned_at) FROM countersign.sessions t WHERE t.user_id = ${ID})
      -- Their tokens may be of no session: when a node was last seen.
      WHEN 'client' THEN (SELECT max(l.seen_at) FROM countersign.access_lives l)
      WHEN 'store' THEN (SELECT max(l.seen_at) FROM countersign.access_lives l) END`

/**
 * Writes entries within the statement of their cause. `entries` selects kind, ref, least and, if it says so, what is
 * known of a token (`session_id` and `made_at`) or for how long the entry matters (`life`). What is written never says
 * less than what is live for the same thing, and never for a shorter time.
 */
export function insertEntries(entries: string, more?: 'token' | 'life'): string {
  return `INSERT INTO countersign.revocations AS former (kind, ref, least, session_id, ends_at)
    SELECT entry.kind, entry.ref, entry.least, ${more === 'token' ? 'entry.session_id' : 'NULL::uuid'},
      ${more === 'life' ? `${NOW} + entry.life` : `greatest(${NOW}, ${more === 'token' ? 'entry.made_at, ' : ''}${LAST_MADE_AT}) + ${LIFE}`}
    -- In one order everywhere, so that two writers never hold what the other waits for.
    FROM (${entries}) entry ORDER BY entry.kind, entry.ref
    ON CONFLICT (kind, ref) DO UPDATE SET
      least = CASE
        WHEN former.ends_at <= clock_timestamp() THEN excluded.least
        WHEN former.least IS NULL OR excluded.least IS NULL THEN NULL
        ELSE greatest(former.least, excluded.least) END,
      session_id = coalesce(excluded.session_id, former.session_id),
      ends_at = greatest(former.ends_at, excluded.ends_at),
      written_by = excluded.written_by`
}
