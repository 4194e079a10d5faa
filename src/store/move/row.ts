import { createHash } from 'node:crypto'
import type { Column } from './plan.ts'

/** A value as it stands in JSON that PostgreSQL reads; times are milliseconds since 1970. */
export type Value = string | number | boolean | null | readonly unknown[] | object

/** A value of SQLite as PostgreSQL has it: lists and objects are JSON texts there, and truth is a number. */
export function valueFrom(stored: unknown, { type }: Column): Value {
  if (stored === null || stored === undefined) return null
  if (type === 'boolean') return stored === 1
  if (type.endsWith('[]')) return (JSON.parse(String(stored)) as unknown[]).map(withoutNul) as Value
  // As text: inside of another JSON PostgreSQL takes no escaped NUL.
  if (type === 'json') return String(stored)
  if (type === 'uuid') return dashed(String(stored).toLowerCase())
  return withoutNul(stored) as string | number
}

/** PostgreSQL has no text with a NUL in it, and what is written there by a server has the same in its place. */
function withoutNul(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value
}

/** The id of a store is written without dashes in SQLite. */
function dashed(id: string): string {
  return /^[0-9a-f]{32}$/.test(id) ? id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : id
}

/** How a column is declared in the JSON of a batch. */
export function declaration({ name, type }: Column): string {
  return `"${name}" ${isTime(type) ? 'float8' : type === 'json' ? 'text' : type}`
}

/** How a column is taken out of the JSON of a batch. */
export function fromBatch({ name, type }: Column): string {
  if (isTime(type)) return `to_timestamp(r."${name}" / 1000)`
  return type === 'json' ? `r."${name}"::json` : `r."${name}"`
}

/** How a column is read back, as text that says the same on both sides. */
export function readBack({ name, type }: Column): string {
  if (isTime(type)) return `round(date_part('epoch', "${name}") * 1000)::bigint::text AS "${name}"`
  if (type.endsWith('[]')) return `array_to_json("${name}")::text AS "${name}"`
  // As text it would follow the DateStyle of the database or the role.
  if (type === 'date') return `to_char("${name}", 'YYYY-MM-DD') AS "${name}"`
  return `"${name}"::text AS "${name}"`
}

function isTime(type: string): boolean {
  return type.startsWith('timestamp')
}

/**
 * Adds up the hashes of rows, so that the order in which they are read, which differs between the two, does not count.
 * Not against an attacker: against a row that was left out, written twice or changed on its way.
 */
export class Checksum {
  #sum = 0n
  #rows = 0

  get rows(): number {
    return this.#rows
  }

  /** A row of values as they were sent. */
  addSent(columns: readonly Column[], values: Readonly<Record<string, Value>>): void {
    this.#add(columns.map((column) => textOf(values[column.name] ?? null, column)))
  }

  /** A row of texts as they were read back. */
  addRead(columns: readonly Column[], texts: Readonly<Record<string, string | null>>): void {
    this.#add(
      columns.map((column) => {
        const text = texts[column.name] ?? null
        const isJson = column.type.endsWith('[]') || column.type === 'json'
        return text !== null && isJson ? JSON.stringify(JSON.parse(text)) : text
      }),
    )
  }

  toString(): string {
    return this.#sum.toString(16).padStart(32, '0').slice(-32)
  }

  #add(texts: readonly (string | null)[]): void {
    const hash = createHash('sha256').update(JSON.stringify(texts)).digest('hex')
    this.#sum = (this.#sum + BigInt(`0x${hash.slice(0, 32)}`)) % (1n << 128n)
    this.#rows += 1
  }
}

function textOf(value: Value, { type }: Column): string | null {
  if (value === null) return null
  if (type.endsWith('[]')) return JSON.stringify(value)
  return type === 'json' ? JSON.stringify(JSON.parse(String(value))) : String(value)
}
