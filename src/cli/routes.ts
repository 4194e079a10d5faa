import type { ZodType } from 'zod'
import { accessData, accessWords, type InventoryEntry } from '../model/inventory.ts'
import { inventoryOfApp } from './app-inventory.ts'
import { explainFailure } from './failure.ts'
import { NoVerdict } from './no-verdict.ts'
import { printTable } from './output.ts'
import { checkLock, writeLock } from './routes-lock.ts'
import type { ProbeCommandOptions } from './routes-probe.ts'
import { shortPlace } from './short-place.ts'

export interface RoutesOptions extends ProbeCommandOptions {
  readonly export?: string
  readonly lock: string
  readonly write?: boolean
  readonly check?: boolean
}

/** The routes of an application, or of the issuer itself: listed, or asked. Whatever fails on the way is no verdict. */
export async function routesCommand(app: string | undefined, options: RoutesOptions): Promise<void> {
  try {
    await listOrProbe(app, options)
  } catch (error) {
    throw new NoVerdict(explainFailure(error))
  }
}

async function listOrProbe(app: string | undefined, options: RoutesOptions): Promise<void> {
  const probe = async (entries?: readonly InventoryEntry[]) =>
    (await import('./routes-probe.ts')).probeCommand(entries, options)
  if (options.openapi !== undefined) return probe()
  const entries = app === undefined ? await ownRoutes() : await inventoryOfApp(app, options.export)
  if (options.probe !== undefined) return probe(entries)
  if (options.write) return writeLock(options.lock, entries, options)
  if (options.check) return checkLock(options.lock, entries, options)
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
async function ownRoutes(): Promise<InventoryEntry[]> {
  const { routes } = await import('../endpoints/routes.ts')
  return routes.map(({ method, path, access, credential, query }) => ({
    method,
    path,
    access:
      typeof credential === 'object' ? { needs: { scopes: [credential.clientOrScope] } } : accessData(access),
    ...queryOf(query),
  }))
}

/** What a query must have, with values that mean nothing. */
function queryOf(schema: unknown): Pick<InventoryEntry, 'query'> {
  const { shape = {} } = (schema ?? {}) as { shape?: Readonly<Record<string, ZodType>> }
  const required = Object.entries(shape).filter(([, part]) => !part.safeParse(undefined).success)
  if (required.length === 0) return {}
  return { query: String(new URLSearchParams(required.map(([name]): [string, string] => [name, 'probe']))) }
}
