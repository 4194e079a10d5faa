/** One statement of the driver; `Row` says what its result columns are, which the text guarantees. */
export interface Statement<Row> {
  /** Under this name a connection keeps it prepared, where there is one. Prefixed, for a pool may be shared. */
  readonly name?: string
  readonly text: string
  /** Names of the parameters `$1`, `$2`, … */
  readonly parameters: readonly string[]
  /** Reads or changes a number of rows that grows with the installation, so it has the longer time limit. */
  readonly long: boolean
  /** Never set: carries the type. */
  readonly row?: Row
}

/** What is bound to the parameters of a statement, by name. Values never become part of its text. */
export type Values = Readonly<
  Record<
    string,
    string | number | boolean | null | undefined | readonly (string | null)[] | readonly number[]
  >
>

const NAME = /@([a-z_]+)/g

/** A statement whose parameters are written `@name`. */
export function statement<Row = Readonly<Record<string, never>>>(
  name: string,
  source: string,
  { long = false }: { readonly long?: boolean } = {},
): Statement<Row> {
  const parameters = [...new Set(Array.from(source.matchAll(NAME), ([, parameter = '']) => parameter))]
  const text = source.replace(NAME, (_, parameter: string) => `$${parameters.indexOf(parameter) + 1}`)
  return { name: `countersign.${name}`, text, parameters, long }
}

/** A text that is run once, and may hold several statements. */
export function command<Row = Readonly<Record<string, never>>>(text: string): Statement<Row> {
  return { text, parameters: [], long: false }
}

/** The values in the order of the parameters. Throws a RangeError where one is missing, for that is a fault of ours. */
export function inOrder(statement: Statement<unknown>, values: Values): unknown[] {
  return statement.parameters.map((name) => {
    if (!(name in values)) throw new RangeError(`${statement.name} lacks a value for ${name}`)
    const value = values[name]
    // PostgreSQL has no text with a NUL in it. Nothing stored holds the replacement, so a look-up finds nothing.
    return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value
  })
}
