// Loads an application in a process of its own, and tells its routes to the parent.
import { Server } from 'node:net'
import { pathToFileURL } from 'node:url'
import type { CallSite } from '../base/call-site.ts'
import { INVENTORY, type Inventoried, type InventoryEntry, isInventoried } from '../model/inventory.ts'
import type { ChildMessage } from './child-message.ts'

/** What applications, and functions that make one, are called. */
const NAMES = [
  'default',
  'app',
  'server',
  'listener',
  'createApp',
  'buildApp',
  'makeApp',
  'build',
  'createServer',
]

keepDoorsShut()
tell(await ask())

async function ask(): Promise<ChildMessage> {
  const [, , path = '', exportName] = process.argv
  try {
    const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(path).href)
    const app = await findApp(module, exportName === undefined ? NAMES : [exportName])
    if (app !== undefined) return { entries: await app[INVENTORY]() }
    return { problem: whyNoApp(Object.keys(module)) }
  } catch (error) {
    const problem =
      error instanceof Error ? `${error.name}: ${error.message}` : 'it failed while it was loaded'
    const undeclared = undeclaredIn(error)
    return undeclared === undefined ? { problem } : { problem, undeclared }
  }
}

function whyNoApp(names: readonly string[]): string {
  return names.length === 0
    ? 'exports nothing: let it export the application, as in `export const app = Fastify()`'
    : `exports ${names.join(', ')}, and none of that is a guarded application or a function that makes one; was protect(app, auth) called?`
}

/** The routes that stopped the application, by the name of the error: it may be of another copy of us. */
function undeclaredIn(error: unknown): InventoryEntry[] | undefined {
  const { code, routes } = (error ?? {}) as { code?: unknown; routes?: unknown }
  if (code !== 'ROUTE_UNDECLARED' || !Array.isArray(routes)) return undefined
  return routes.flatMap(({ method, path, access, at }: UndeclaredRow) =>
    access === undefined ? [{ method, path, access: 'undeclared', at }] : [],
  )
}

interface UndeclaredRow {
  readonly method: string
  readonly path: string
  readonly access?: unknown
  readonly at?: CallSite
}

async function findApp(
  module: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Promise<Inventoried | undefined> {
  for (const name of names) {
    const value = module[name]
    const app = applicationIn(value)
    if (app !== undefined) return app
    if (typeof value !== 'function') continue
    const made = applicationIn(await value())
    if (made !== undefined) return made
  }
  return undefined
}

/** A server of Node's tells of the application that it hands its requests to. */
function applicationIn(value: unknown): Inventoried | undefined {
  return [value, ...(value instanceof Server ? value.listeners('request') : [])].find(isInventoried)
}

/**
 * An application may listen as soon as it is loaded, on a port that is taken by the one that runs. Here it gets any
 * free port of this machine, and for a moment only.
 */
function keepDoorsShut(): void {
  const { listen } = Server.prototype
  Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    const ready = args.find((arg) => typeof arg === 'function') as (() => void) | undefined
    return Reflect.apply(listen, this, [{ host: '127.0.0.1', port: 0 }, ready])
  } as typeof listen
}

function tell(message: ChildMessage): void {
  process.send?.(message)
}
