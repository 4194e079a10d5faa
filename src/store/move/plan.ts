/** How a table of PostgreSQL is filled from the one of SQLite. */
export interface TablePlan {
  /** Without schema and prefix. */
  readonly name: string
  readonly columns: readonly Column[]
  readonly key: readonly string[]
  /** The rows as PostgreSQL has them, as a SELECT of SQLite whose columns have the names of PostgreSQL's. */
  readonly source: string
}

export interface Column {
  readonly name: string
  /** As `format_type` says it. */
  readonly type: string
}

/** What PostgreSQL says of its own tables, each column in a row. */
export interface CatalogRow {
  readonly table_name: string
  readonly column_name: string
  readonly type: string
  /** Its place in the primary key, 0 for none. */
  readonly key_place: number
}

/** What is not moved: who is alive right now, and which steps were taken there. */
const LEFT = new Set(['nodes', 'migrations'])

/** Accounts before what refers to them; events before webhooks, of which a trigger would make deliveries. */
const FIRST = ['users', 'events', 'webhooks']

/** Where the two schemas differ: everything else has the same columns under the same names. */
const SOURCES: Readonly<Record<string, string>> = {
  // SQLite keeps the earlier of two limits, and when a browser's session was last seen beside the last rotation.
  sessions: `SELECT *, expires_at AS idle_at, date(min(expires_at, ends_at) / 1000, 'unixepoch') AS last_day,
      CASE WHEN generation = 0 THEN max(used_at, turned_at) ELSE turned_at END AS moved_turned_at FROM cs_sessions`,
  // Of several entries about one thing PostgreSQL keeps the strongest.
  revocations: `SELECT kind, ref, CASE WHEN count(*) > count(least) THEN NULL ELSE max(least) END AS least,
      max(session_id) AS session_id, max(ends_at) AS ends_at FROM cs_revocations GROUP BY kind, ref`,
}
/** Columns that PostgreSQL fills by itself. */
const OWN: Readonly<Record<string, readonly string[]>> = { revocations: ['written_by'] }
const RENAMED: Readonly<Record<string, string>> = { 'sessions.turned_at': 'moved_turned_at' }

/** The tables in the order in which they are copied. */
export function planTables(catalog: readonly CatalogRow[]): readonly TablePlan[] {
  const tables = [...Map.groupBy(catalog, ({ table_name }) => table_name)]
    .filter(([name]) => !LEFT.has(name))
    .map(([name, rows]) => ({
      name,
      columns: rows
        .filter(({ column_name }) => !OWN[name]?.includes(column_name))
        .map(({ column_name, type }) => ({ name: column_name, type })),
      key: rows
        .filter(({ key_place }) => key_place > 0)
        .toSorted((a, b) => a.key_place - b.key_place)
        .map(({ column_name }) => column_name),
      source: SOURCES[name] ?? `SELECT * FROM cs_${name}`,
    }))
  const place = ({ name }: TablePlan): number => {
    const index = FIRST.indexOf(name)
    return index === -1 ? FIRST.length : index
  }
  return tables.toSorted((a, b) => place(a) - place(b) || a.name.localeCompare(b.name))
}

/** The column of the source that fills one of PostgreSQL. */
export function sourceColumn({ name }: TablePlan, column: string): string {
  return RENAMED[`${name}.${column}`] ?? column
}
