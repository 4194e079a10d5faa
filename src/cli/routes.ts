import { routes } from '../endpoints/routes.ts'
import { accessData, accessWords, type InventoryEntry } from '../model/inventory.ts'
import { explainFailure } from './failure.ts'
import { NoVerdict } from './no-verdict.ts'
import { printTable } from './output.ts'
import { type ProbeCommandOptions, probeCommand, shortPlace } from './routes-probe.ts'

export interface RoutesOptions extends ProbeCommandOptions {}

/** The routes of an application, or of the issuer itself: listed, or asked. Whatever fails on the way is no verdict. */
export async function routesCommand(app: string | undefined, options: RoutesOptions): Promise<void> {
  try {
    await listOrProbe(app, options)
  } catch (error) {
    throw new NoVerdict(explainFailure(error))
  }
}

async function listOrProbe(_app: string | undefined, options: RoutesOptions): Promise<void> {
  if (options.openapi !== undefined) return probeCommand(undefined, options)
  const entries = ownRoutes()
  if (options.probe !== undefined) return probeCommand(entries, options)
  printTable(
    entries.map((entry) => ({
      method: entry.method,
      path: entry.path,
      access: options.json ? entry.access : accessWords(entry.access),
      at: shortPlace(entry) ?? null,
    })),
    options,
    'No routes.',
  )
}

/** The routes of the issuer, as they are in the one table. */
function ownRoutes(): InventoryEntry[] {
  return routes.map(({ method, path, access }) => ({ method, path, access: accessData(access) }))
}
