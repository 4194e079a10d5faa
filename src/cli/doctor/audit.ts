import { existsSync } from 'node:fs'
import { printable } from '../../base/printable.ts'
import type { LoadedConfiguration } from '../../config/load.ts'
import type { Note } from '../../doctor/note.ts'
import { exitStatusOf, reportJson, reportText } from '../../probe/report.ts'
import { explainFailure } from '../failure.ts'
import { NoVerdict } from '../no-verdict.ts'
import { print, printJson } from '../output.ts'
import { type ProbeCommandOptions, type Probed, runProbe } from '../routes-probe.ts'
import type { Undeclared } from './undeclared.ts'

export interface AuditOptions extends ProbeCommandOptions {
  /** A module that exports the application: its routes without an access word are looked for. */
  readonly app?: string
  readonly export?: string
  /** Leave out the configuration and the database of this folder. */
  readonly config?: boolean
  /** Print the change that gives a route its word, as a diff. */
  readonly patch?: boolean
}

/** Everything that was looked at, and what was not. */
interface Audit {
  readonly probed: Probed | undefined
  readonly undeclared: readonly Undeclared[]
  readonly notes: readonly Note[]
  readonly skipped: readonly string[]
}

/**
 * Hunts wrong acceptance: fires hostile tokens at a running API, looks for routes without an access word, and for risky
 * states of the configuration and the database of this folder. Changes nothing.
 */
export async function auditCommand(url: string | undefined, options: AuditOptions): Promise<void> {
  const probed = url === undefined ? undefined : await hunt(url, options)
  const undeclared =
    options.app === undefined
      ? []
      : await (await import('./undeclared.ts')).findUndeclared(options.app, options.export)
  const { notes, skipped, failed } = options.config === false ? NOTHING : await reviewFolder()
  const isNothing = probed === undefined && options.app === undefined && skipped.length > 1
  if (isNothing) throw new NoVerdict(`Nothing to look at: give a URL, or --app FILE. ${skipped.join(' ')}`)
  const audit = { probed, undeclared, notes, skipped }
  if (options.json) printJson(inJson(audit))
  else tell(audit, options)
  const isRisky = undeclared.length > 0 || notes.some(({ kind }) => kind === 'risk')
  const probeStatus = probed === undefined ? 0 : exitStatusOf(probed.report)
  process.exitCode = isRisky || probeStatus === 1 ? 1 : failed ? 2 : probeStatus
}

interface Review extends Pick<Audit, 'notes' | 'skipped'> {
  /** Whether there was something to look at that could not be. */
  readonly failed: boolean
}

const NOTHING: Review = { notes: [], skipped: [], failed: false }

async function hunt(url: string, options: AuditOptions): Promise<Probed> {
  if (!/^https?:/.test(url)) throw new NoVerdict(`${url} is no http or https address`)
  const openapi = options.openapi ?? new URL('openapi.json', url.endsWith('/') ? url : `${url}/`).href
  return runProbe(undefined, { ...options, probe: url, openapi })
}

/** What the configuration and the database of this folder can bring upon people; a folder without them has neither. */
async function reviewFolder(): Promise<Review> {
  const { loadConfig } = await import('../../config/load.ts')
  const { reviewConfiguration } = await import('../../doctor/gather/configuration.ts')
  const skipped: string[] = []
  let loaded: LoadedConfiguration
  try {
    loaded = await loadConfig({ cwd: process.cwd(), env: process.env })
  } catch (error) {
    const why = explainFailure(error)
    return {
      notes: [],
      skipped: [`The configuration was not looked at: ${why}`, 'Nor was the database, which it names.'],
      failed: true,
    }
  }
  const { settings, mode, options } = loaded
  const isConfigured = Object.keys(options).length > 0
  if (!isConfigured && !hasDatabase(loaded)) {
    return {
      notes: [],
      skipped: ['No issuer is configured in this folder.', 'So there is no database to look at.'],
      failed: false,
    }
  }
  const notes = [
    ...reviewConfiguration({ ...settings, passwordGrant: settings.passwordGrant ? 'on' : 'off' }, mode),
  ]
  let failed = false
  if (!hasDatabase(loaded)) skipped.push('There is no database yet.')
  else
    await reviewDatabase().then(
      (found) => notes.push(...found),
      (error: unknown) => {
        failed = true
        skipped.push(`The database was not looked at: ${explainFailure(error)}`)
      },
    )
  return { notes, skipped, failed }
}

/** A look makes no database: that of development is there after the first start. */
function hasDatabase({ options, settings }: LoadedConfiguration): boolean {
  if (options.store !== undefined) return true
  const url = settings.databaseUrl.reveal()
  return !url.startsWith('sqlite:') || existsSync(url.slice('sqlite:'.length))
}

async function reviewDatabase(): Promise<readonly Note[]> {
  const { withAuth } = await import('../with-auth.ts')
  const { reviewStanding } = await import('../../doctor/gather/standing.ts')
  return reviewStanding(await withAuth((auth) => auth.survey()))
}

function inJson({ probed, undeclared, notes, skipped }: Audit) {
  return {
    probe: probed === undefined ? null : reportJson(probed.report, probed.told),
    routes_without_word: undeclared.map(({ method, path, at, patch }) => ({
      method,
      path,
      at: at ?? null,
      patch: patch ?? null,
    })),
    notes,
    skipped,
  }
}

function tell(
  { probed, undeclared, notes, skipped }: Audit,
  { patch = false, app, config }: AuditOptions,
): void {
  if (probed !== undefined) print(reportText(probed.report, probed.told))
  if (app !== undefined)
    print(
      undeclared.length === 0
        ? `${app}: every route has an access word.`
        : `ROUTE_UNDECLARED: ${undeclared.length} ${undeclared.length === 1 ? 'route has' : 'routes have'} no access word. The application does not start, and nobody may call them:`,
    )
  for (const { method, path, at } of undeclared)
    print(printable(`  ${method} ${path}${at === undefined ? '' : `  (${at})`}`))
  if (patch) for (const one of undeclared) tellPatch(one)
  if (config !== false && skipped.length === 0) {
    const risks = notes.filter(({ kind }) => kind === 'risk').length
    const found =
      risks === 0 ? 'No risk was found' : risks === 1 ? '1 risk was found' : `${risks} risks were found`
    print(`${found} in the configuration and the database.`)
  }
  for (const { kind, cause, what, fix } of notes)
    print(`\n${kind}${cause === undefined ? '' : ` (${cause})`}: ${printable(what)}\n  ${printable(fix)}`)
  if (skipped.length > 0) print(`\nNot looked at: ${skipped.map(printable).join(' ')}`)
}

function tellPatch({ method, path, patch }: Undeclared): void {
  if (patch === undefined)
    print(
      `\nNo change is proposed for ${method} ${path}: its declaration has no form that is known here. Give it a word by hand.`,
    )
  else
    print(
      `\nProposed, not applied. \`signedIn\` is the narrowest guess: \`needs({ … })\` asks for more, \`anyone\` opens the route on purpose.\n\n${patch}`,
    )
}
