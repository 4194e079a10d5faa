import { loadConfig } from '../../config/load.ts'
import { reviewConfiguration } from '../../doctor/gather/configuration.ts'
import { NoVerdict } from '../no-verdict.ts'
import { print } from '../output.ts'
import { type ProbeCommandOptions, probeCommand } from '../routes-probe.ts'

export interface AuditOptions extends ProbeCommandOptions {
  /** Leave out the configuration of this folder. */
  readonly config?: boolean
}

/** Hunts wrong acceptance: fires hostile tokens at a running API, and looks for risky states of the configuration. */
export async function auditCommand(url: string, options: AuditOptions): Promise<void> {
  const openapi = options.openapi ?? new URL('openapi.json', url.endsWith('/') ? url : `${url}/`).href
  if (!/^https?:/.test(url)) throw new NoVerdict(`${url} is no http or https address`)
  await probeCommand(undefined, { ...options, probe: url, openapi })
  if (options.config === false || options.json) return
  const loaded = await loadConfig({ cwd: process.cwd(), env: process.env }).catch(() => undefined)
  if (loaded === undefined) return
  const { settings, mode } = loaded
  const risks = reviewConfiguration(
    { ...settings, passwordGrant: settings.passwordGrant ? 'on' : 'off' },
    mode,
  ).filter(({ kind }) => kind === 'risk')
  for (const { cause, what, fix } of risks)
    print(`\nrisk${cause === undefined ? '' : ` (${cause})`}: ${what}\n  ${fix}`)
  if (risks.length > 0) process.exitCode = 1
}
