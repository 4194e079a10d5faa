import { describeSettings, valueInWords } from '../config/describe.ts'
import { loadConfig } from '../config/load.ts'
import { type OutputOptions, print, printJson, printTable } from './output.ts'

export async function configCommand({ json }: OutputOptions): Promise<void> {
  const loaded = await loadConfig({ cwd: process.cwd(), env: process.env })
  const rows = describeSettings(loaded)
  if (json) {
    printJson({ mode: loaded.mode, items: rows, warnings: loaded.warnings })
    return
  }
  print(`mode: ${loaded.mode}\n`)
  // What may be long comes last, so that the rest stays a table on a narrow terminal.
  const table = rows.map(({ setting, value, from }) => ({ setting, from, value: valueInWords(value) }))
  printTable(table, {}, '')
  for (const warning of loaded.warnings) print(`\nwarning: ${warning}`)
}
