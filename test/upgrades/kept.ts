import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Holdings } from './story.ts'

/*
 * One database of each schema, as its own release wrote it. Every schema counts as released, also those of the days
 * before the first version: `npm start` from a clone made databases of all of them, and whoever has one may keep it.
 * They lie packed in `databases`: SQLite's file as it was, and what pg_dump says of the schema `countersign`.
 */

export type Dialect = 'sqlite' | 'postgres'

export const DIALECTS: readonly Dialect[] = ['sqlite', 'postgres']

/** What is written beside a database. */
export interface KeptRecord {
  /** When it was finished. Milliseconds since 1970. */
  readonly at: number
  /** What clients hold, by the chapter of the story. */
  readonly holdings: Readonly<Record<string, Holdings>>
}

const folder = join(import.meta.dirname, 'databases')

const nameOf = (dialect: Dialect, schema: number) => `${String(schema).padStart(4, '0')}.${dialect}`
const placeOf = (dialect: Dialect, schema: number, ending: string) =>
  join(folder, `${nameOf(dialect, schema)}.${ending}`)

export function isKept(dialect: Dialect, schema: number): boolean {
  return existsSync(placeOf(dialect, schema, 'gz')) && existsSync(placeOf(dialect, schema, 'json'))
}

export function readKept(dialect: Dialect, schema: number): KeptRecord & { readonly database: Buffer } {
  const record: KeptRecord = JSON.parse(readFileSync(placeOf(dialect, schema, 'json'), 'utf8'))
  return { ...record, database: gunzipSync(readFileSync(placeOf(dialect, schema, 'gz'))) }
}

export function keep(dialect: Dialect, schema: number, database: Buffer, record: KeptRecord): void {
  writeFileSync(placeOf(dialect, schema, 'gz'), gzipSync(database, { level: 9 }))
  writeFileSync(placeOf(dialect, schema, 'json'), `${JSON.stringify(record, undefined, 2)}\n`)
}
