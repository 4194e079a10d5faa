import { execFile, execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { refreshAlone } from '../src/store/postgres/refresh-statement.ts'
import { findProgram, type Program, requireProgram } from '../test/servers/programs.ts'
import { run } from '../test/store/postgres-place.ts'
import type { StatementRate } from './bare-refresh.ts'

const pgbench: Program = {
  title: 'pgbench',
  names: ['pgbench'],
  folders: ['/usr/lib/postgresql/*/bin', '/opt/homebrew/opt/postgresql@*/bin'],
  debianPackage: 'postgresql',
}
const CLIENTS = 32
const THREADS = 2
const ID_STEM = '00000000-0000-4000-8000-'

/** The client's number as the last part of an id: each client of pgbench has a user and a session of its own. */
const ID = `('${ID_STEM}' || lpad(:client_id::text, 12, '0'))::uuid`

/** What a client of pgbench presents. */
const CALL = `json_build_array(json_build_object('p_number', 0, 'p_user', ${ID}, 'p_session', ${ID},
  'p_client', 'first-party', 'p_secret_hash', 'secret', 'p_generation', :generation::bigint, 'p_window', 10000,
  'p_idle', 600000000, 'p_writing_key', 'k1', 'p_clock_unsure', false, 'p_elsewhere_is_reuse', false,
  'p_ends_user', false, 'p_network', '192.0.2.0/24', 'p_actor_kind', 'user', 'p_address', '192.0.2.1',
  'p_agent', 'bench'))`

/**
 * The refresh statement by pgbench, PostgreSQL's own load: prepared, 32 clients of two threads, each refreshing its own
 * session. The store's schema is there already.
 */
export async function pgbenchRate(url: string, folder: string, milliseconds: number): Promise<StatementRate> {
  const program = requireProgram(pgbench)
  await run(url, people())
  const script = join(folder, 'refresh.sql')
  writeFileSync(script, `\\set generation :generation + 1\n${statementText()};\n`)
  const { hostname, port, username, password, pathname } = new URL(url)
  const seconds = Math.max(1, Math.round(milliseconds / 1000))
  const options = {
    '--protocol': 'prepared',
    '--client': CLIENTS,
    '--jobs': THREADS,
    '--time': seconds,
    '--host': hostname,
    '--port': port,
    '--username': username,
    '--define': 'generation=-1',
    '--file': script,
  }
  const args = Object.entries(options).map(([name, value]) => `${name}=${value}`)
  const env = { PATH: process.env.PATH, PGPASSWORD: password }
  const { stdout } = await promisify(execFile)(program, ['--no-vacuum', ...args, pathname.slice(1)], { env })
  await expectRotations(url, Number(/actually processed: (\d+)/.exec(stdout)?.[1]))
  return { perSecond: Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1]), cpuMicroseconds: Number.NaN }
}

/** Its version, as it says it. */
export function pgbenchVersion(): string | undefined {
  const program = findProgram(pgbench)
  return program && execFileSync(program, ['--version']).toString().trim()
}

function statementText(): string {
  const { text, parameters } = refreshAlone
  if (parameters.join() !== 'calls') throw new Error(`pgbench is asked for ${parameters}`)
  return text.replaceAll('$1', CALL)
}

/** A user and a session for each client, as new. */
function people(): string {
  const id = `('${ID_STEM}' || lpad(n::text, 12, '0'))::uuid`
  return `
    DELETE FROM countersign.users WHERE id::text LIKE '${ID_STEM}%';
    INSERT INTO countersign.users (id, email, email_key, email_verified, roles, profile, created_at, updated_at)
      SELECT ${id}, n || '@pgbench', n || '@pgbench', true, '{user}', '{}', now(), now()
      FROM generate_series(0, ${CLIENTS - 1}) n;
    INSERT INTO countersign.sessions (user_id, id, client_id, secret_hash, key_id, turned_at, mark_at, previous_at,
      user_epoch, store_epoch, scope, resources, amr, started_at, idle_at, ends_at, last_day)
      SELECT ${id}, ${id}, 'first-party', 'secret', 'k1', now(), now(), now(), 0, 0, '{profile:read}', '{}', '{pwd}',
        now(), now() + interval '7 days', now() + interval '30 days', now() + interval '7 days'
      FROM generate_series(0, ${CLIENTS - 1}) n`
}

/** That what was counted were refreshes, and not refusals, which are faster. */
async function expectRotations(url: string, count: number): Promise<void> {
  const [row] = await run(
    url,
    `SELECT sum(generation)::integer AS rotations, count(ended_at)::integer AS ended
     FROM countersign.sessions WHERE user_id::text LIKE '${ID_STEM}%'`,
  )
  if (row?.rotations !== count || row?.ended !== 0)
    throw new Error(`pgbench did not refresh: ${JSON.stringify(row)} where ${count} were counted`)
}
