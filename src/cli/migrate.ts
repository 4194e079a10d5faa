import { type OutputOptions, print, printJson, printTable } from './output.ts'
import { withAuth } from './with-auth.ts'

interface MigrateOptions extends OutputOptions {
  readonly dryRun?: boolean
}

export async function migrateCommand({ dryRun = false, json = false }: MigrateOptions): Promise<void> {
  const report = await withAuth((auth) => auth.migrate({ dryRun }))
  if (json) {
    printJson({ dry_run: dryRun, ...report })
    return
  }
  if (report.steps.length === 0) print(`The schema is up to date (version ${report.to}).`)
  else print(`${dryRun ? 'Would bring' : 'Brought'} the schema from version ${report.from} to ${report.to}:`)
  for (const { version, title } of report.steps) print(`  ${version}  ${title}`)
  const rows = Object.entries(report.rows).map(([table, count]) => ({ table, rows: count }))
  if (rows.length > 0) printTable(rows, {}, '')
}
