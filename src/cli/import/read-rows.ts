import { statSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { createCsvReader } from './csv.ts'
import type { ForeignRow } from './user-row.ts'

/** One user of a file. */
export interface NumberedRow {
  /** The line, or in a JSON document the place in its list; from 1. */
  readonly number: number
  /** Undefined for a line that is no JSON. */
  readonly row: ForeignRow | undefined
  /** How much of the file is read, from 0 to 1. */
  readonly done: number
}

/** A document is parsed as a whole. */
const LARGEST_DOCUMENT_BYTES = 500 * 1024 * 1024

/**
 * The users of a file: JSON lines, CSV with a head (by the ending `.csv`), or a JSON document that is a list or has one
 * under `users`, as Firebase and Keycloak write it. Lines are read one after the other, whatever the size.
 */
export async function* readRows(path: string): AsyncGenerator<NumberedRow> {
  // Looked at for its form first, then read: a pipe would be half empty by then, and nobody would miss those rows.
  if (!statSync(path).isFile())
    throw new Error(
      'the users are read from a file alone, for it is read twice: write what comes by a pipe into one',
    )
  if (/\.csv$/i.test(path)) yield* readCsv(path)
  else if (await isDocument(path)) yield* readDocument(path)
  else yield* readJsonLines(path)
}

async function* readCsv(path: string): AsyncGenerator<NumberedRow> {
  const reader = createCsvReader()
  let head: readonly string[] | undefined
  for await (const { line, number, done } of linesOf(path)) {
    const record = reader.read(line)
    if (record === undefined || (record.length === 1 && record[0] === '')) continue
    if (head === undefined) head = record.map((name) => name.trim())
    else yield { number, done, row: Object.fromEntries(head.map((name, at) => [name, record[at]])) }
  }
}

async function* readJsonLines(path: string): AsyncGenerator<NumberedRow> {
  for await (const { line, number, done } of linesOf(path)) {
    if (line.trim() !== '') yield { number, done, row: parseObject(line) }
  }
}

async function* readDocument(path: string): AsyncGenerator<NumberedRow> {
  if (statSync(path).size > LARGEST_DOCUMENT_BYTES) {
    throw new Error('the document is too large to be read at once: write it as JSON lines (jq -c ".users[]")')
  }
  const parsed: unknown = parseDocument(await readFile(path, 'utf8'))
  const list = Array.isArray(parsed) ? parsed : (parsed as { users?: unknown }).users
  if (!Array.isArray(list)) throw new Error('the document is no list, and has none under `users`')
  for (const [at, row] of list.entries()) yield { number: at + 1, row, done: (at + 1) / list.length }
}

/** Without the error of the parser, which quotes what stands around the fault: there are hashes in it. */
function parseDocument(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the file is neither JSON lines nor one JSON document, or was cut short')
  }
}

async function* linesOf(path: string) {
  // Opened first: a stream that cannot be opened says so where nobody listens yet.
  const file = await open(path)
  const { size } = await file.stat()
  const stream = file.createReadStream()
  let number = 0
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1
    yield { line: number === 1 ? line.replace(/^\ufeff/, '') : line, number, done: stream.bytesRead / size }
  }
}

/** Whether it begins with a list, or with an object that does not end on its line. */
async function isDocument(path: string): Promise<boolean> {
  for await (const { line } of linesOf(path)) {
    if (line.trim() !== '') return parseObject(line) === undefined || hasUsers(line)
  }
  return false
}

function hasUsers(line: string): boolean {
  return Array.isArray(parseObject(line)?.users)
}

function parseObject(line: string): ForeignRow | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as ForeignRow)
      : undefined
  } catch {
    return undefined
  }
}
