/**
 * Writes docs/declaration.schema.json, what may stand in a file for `countersign apply`. With `--check` it writes nothing
 * and exits with status 1 when the file is not up to date.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { declarationSchema } from '../src/declaration/document.ts'

const file = new URL('../docs/declaration.schema.json', import.meta.url)

/** The checks that no schema language can say, as that a scope is declared, are made when a file is read. */
export function declarationJsonSchema(): string {
  const schema = z.toJSONSchema(declarationSchema, { io: 'input', unrepresentable: 'any' })
  return `${JSON.stringify(schema, undefined, 2)}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const now = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const due = declarationJsonSchema()
  if (now !== due) {
    if (!process.argv.includes('--check')) writeFileSync(file, due)
    else {
      console.error(`${fileURLToPath(file)} is not up to date: run npm run docs`)
      process.exitCode = 1
    }
  }
}
