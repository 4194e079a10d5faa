import { printable } from '../base/printable.ts'

/** Every listing has both forms. */
export interface OutputOptions {
  readonly json?: boolean
}

/** One thing: JSON for programs, lines of name and value for people. */
export function printFacts(facts: Row, { json }: OutputOptions): void {
  if (json) {
    printJson(facts)
    return
  }
  for (const line of linesOf(facts)) print(line)
}

/** A line for each name and its value. */
function linesOf(facts: Row): string[] {
  const width = Math.max(...Object.keys(facts).map((name) => name.length))
  return Object.entries(facts).map(([name, value]) => `${printable(name).padEnd(width)}  ${cell(value)}`)
}

type Row = Readonly<Record<string, unknown>>

/** Many things: JSON for programs, a table for people. */
export function printTable(rows: readonly Row[], { json }: OutputOptions, whenEmpty: string): void {
  if (json) {
    printJson({ items: rows })
    return
  }
  if (rows.length === 0) {
    print(whenEmpty)
    return
  }
  for (const line of tableLines(rows, process.stdout.columns)) print(line)
}

/** Row by row, where a terminal would break the lines of a table and nothing would stand below its name. */
export function tableLines(rows: readonly Row[], terminalColumns = Number.POSITIVE_INFINITY): string[] {
  const columns = Object.keys(rows[0] ?? {}).map((name) => {
    const cells = rows.map((row) => cell(row[name]))
    return { name, cells, width: Math.max(name.length, ...cells.map((text) => text.length)) }
  })
  const lines = [-1, ...rows.keys()].map((index) =>
    columns
      .map(({ name, cells, width }) => (cells[index] ?? name).padEnd(width))
      .join('  ')
      .trimEnd(),
  )
  if (lines.every((line) => line.length <= terminalColumns)) return lines
  return rows.flatMap((row, index) => [...(index === 0 ? [] : ['']), ...linesOf(row)])
}

/**
 * What a limit leaves of the rows, of which one more than that was asked for. That there are others is said beside the
 * listing: a program that reads it gets no line that it does not know.
 */
export function upTo<Row>(limit: number, rows: readonly Row[], how: string): readonly Row[] {
  if (rows.length > limit)
    process.stderr.write(`note: there are more than these ${limit}; ${how} shows others.\n`)
  return rows.slice(0, limit)
}

export function printJson(value: unknown): void {
  print(safeJson(value, 2))
}

/** JSON whose texts move no cursor either: what JSON itself leaves as it is, a terminal may obey. The value is the same. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) =>
      character
        .split('')
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join(''),
  )
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** `1 role`, `2 roles`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}

/** Control characters of a stored text must not reach a terminal. */
function cell(value: unknown): string {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return '–'
  const text = Array.isArray(value) ? value.join(' ') : String(value)
  return printable(text)
}
