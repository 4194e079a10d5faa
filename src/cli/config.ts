import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { systemRandom } from '../base/random.ts'
import { describeSettings, valueInWords } from '../config/describe.ts'
import { DATA_FOLDER, developmentKeys } from '../config/development-keys.ts'
import { type LoadedConfiguration, loadConfig } from '../config/load.ts'
import { type OutputOptions, print, printJson, printTable } from './output.ts'

export async function configCommand({ json }: OutputOptions): Promise<void> {
  const loaded = await loadConfig({ cwd: process.cwd(), env: process.env })
  const rows = describeSettings(withDevelopmentKeys(loaded))
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

/** With the keys that a start in development uses where they are there; this look makes none. */
function withDevelopmentKeys(loaded: LoadedConfiguration): LoadedConfiguration {
  const { mode, settings, origins } = loaded
  const isGiven = mode === 'production' || settings.secretKey.length > 0
  if (isGiven || !existsSync(join(DATA_FOLDER, 'secret-key'))) return loaded
  const { keys, path } = developmentKeys(DATA_FOLDER, systemRandom)
  return {
    ...loaded,
    settings: { ...settings, secretKey: keys },
    origins: { ...origins, secretKey: `file ${path}` },
  }
}
