import type pg from 'pg'
import { type Place, run } from '../store/postgres-place.ts'

/** A new database, as a user of another name than our schema: PostgreSQL looks first in the one called like the user. */
export async function urlOfApplication(place: Place): Promise<string> {
  const url = new URL(await place.newUrl())
  await run(
    url.href,
    `DO $$ BEGIN CREATE ROLE shopkeeper LOGIN SUPERUSER PASSWORD 'not-a-secret';
     EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
  )
  url.username = 'shopkeeper'
  url.password = 'not-a-secret'
  return url.href
}

/** What there is of ours, and how many rows: a tool that alters, drops or empties anything shows here. */
export async function ours(pool: pg.Pool): Promise<unknown[]> {
  const columns = await pool.query(
    `SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
     WHERE table_schema = 'countersign' ORDER BY table_name, ordinal_position`,
  )
  const indexes = await pool.query(
    `SELECT indexdef FROM pg_indexes WHERE schemaname = 'countersign' ORDER BY 1`,
  )
  const constraints = await pool.query(
    `SELECT conrelid::regclass::text AS table, conname, pg_get_constraintdef(oid) AS definition
     FROM pg_constraint WHERE connamespace = 'countersign'::regnamespace ORDER BY 1, 2`,
  )
  const users = await pool.query('SELECT id, username FROM countersign.users ORDER BY id')
  return [...columns.rows, ...indexes.rows, ...constraints.rows, ...users.rows]
}
