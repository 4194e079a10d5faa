import { loadConfig } from '../../config/load.ts'
import { reviewConfiguration } from '../../doctor/gather/configuration.ts'
import { print, printJson } from '../output.ts'
import type { DoctorOptions } from './answer.ts'

/** What the configuration of this folder can bring upon people. One that cannot start fails here as the start would. */
export async function configDoctorCommand({ json }: DoctorOptions): Promise<void> {
  const { settings, mode, warnings } = await loadConfig({ cwd: process.cwd(), env: process.env })
  const notes = reviewConfiguration(
    { ...settings, passwordGrant: settings.passwordGrant ? 'on' : 'off' },
    mode,
  )
  const risks = notes.filter(({ kind }) => kind === 'risk')
  if (json) printJson({ mode, notes, warnings })
  else {
    print(
      `${mode}: ${risks.length === 0 ? 'no risk was found in the configuration' : `${risks.length} ${risks.length === 1 ? 'risk' : 'risks'}`}`,
    )
    for (const { kind, cause, what, fix } of notes)
      print(`\n${kind}${cause === undefined ? '' : ` (${cause})`}: ${what}\n  ${fix}`)
    for (const warning of warnings) print(`\nwarning: ${warning}`)
  }
  process.exitCode = risks.length === 0 ? 0 : 1
}
