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
  const table = rows.map(({ setting, value, from }) => ({ setting, value: valueInWords(value), from }))
  printTable(table, {}, '')
  for (const warning of loaded.warnings) print(`\nwarning: ${warning}`)
}
