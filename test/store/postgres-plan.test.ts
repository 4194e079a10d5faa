import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { refreshAlone, refreshTogether } from '../../src/store/postgres/refresh-statement.ts'
import { startPlace } from './postgres-place.ts'

/**
 * How the database goes about a refresh. A plan that reads the table is right all the same, and no other test sees it: with
 * a million sessions each refresh would take as long as reading them.
 */
const place = await startPlace()
after(() => place.stop())

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PlanNode[]
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

const SESSIONS = 20_000
const SMALL: ReadonlySet<string> = new Set(['store', 'access_lives'])

async function openFilled(): Promise<pg.Client> {
  const { url } = await place.open()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`
    -- Rows made here fit together: nothing is checked about them, which takes most of the time.
    SET session_replication_role = replica;
    INSERT INTO countersign.users (id, email, email_key, email_verified, roles, profile, created_at, updated_at)
      SELECT md5(n::text)::uuid, n || '@example.com', n || '@example.com', true, '{}', '{}', now(), now()
      FROM generate_series(1, ${SESSIONS / 2}) n;
    INSERT INTO countersign.sessions (user_id, id, client_id, secret_hash, key_id, turned_at, mark_at, previous_at,
        user_epoch, store_epoch, scope, resources, amr, started_at, idle_at, ends_at, last_day)
      SELECT md5((n / 2 + 1)::text)::uuid, md5('session ' || n)::uuid, 'first-party', md5(n::text), 'k1', now(), now(), now(),
        0, 0, '{}', '{}', '{pwd}', now(), now() + interval '1 day', now() + interval '30 days', current_date
      FROM generate_series(0, ${SESSIONS - 1}) n;
    SET session_replication_role = origin`)
  return client
}

/** The tables that a plan made for any values whatever reads from end to end, and those it looks up by a key. */
async function planOf(client: pg.Client, { text }: { readonly text: string }) {
  await client.query("SET plan_cache_mode = 'force_generic_plan'")
  await client.query(`PREPARE refresh AS ${text}`)
  const { rows } = await client.query("EXPLAIN (FORMAT JSON) EXECUTE refresh('[]')")
  await client.query('DEALLOCATE refresh')
  const nodes = nodesOf(rows[0]['QUERY PLAN'][0].Plan)
  const of = (wanted: (node: PlanNode) => boolean) =>
    nodes.filter(wanted).map((node) => node['Relation Name'] ?? node['Node Type'])
  return {
    // The list of calls is no table. What has a few rows is read whole once the database has looked at it, which it does
    // whenever it likes.
    read: of(({ 'Node Type': type, 'Relation Name': name = '' }) => type === 'Seq Scan' && !SMALL.has(name)),
    found: of(({ 'Index Cond': condition }) => condition !== undefined),
  }
}

test('the generic plan of a refresh finds each session and account by its key, alone and together, and reads no table', async (t) => {
  const client = await openFilled()
  t.after(() => client.end())
  // As it was before the first look of the database at what there is, and after it.
  for (const looked of [false, true]) {
    if (looked) await client.query('ANALYZE countersign.sessions, countersign.users')
    for (const statement of [refreshAlone, refreshTogether]) {
      const { read, found } = await planOf(client, statement)
      assert.deepEqual(read, [], `${statement.name}, ${looked ? 'with' : 'without'} statistics`)
      assert.ok(found.includes('sessions') && found.includes('users'), found.join())
    }
  }
})
