import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InventoryEntry } from '../model/inventory.ts'
import type { ChildMessage } from './child-message.ts'
import { readNamedFile, readStandardInput } from './named-file.ts'
import { NoVerdict } from './no-verdict.ts'
import { readInventory } from './routes-lock.ts'

const ENDING = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
const CHILD = new URL(`./app-inventory-child${ENDING}`, import.meta.url)
const LIMIT_MILLISECONDS = 60_000

/**
 * The routes of an application: of a module that exports it, loaded in a process of its own, which ends when it has
 * told them; or a list as a running application can print it, in a file that ends in `.json` or, for `-`, on standard
 * input. A running application is asked for nothing: a list of every door is not for the network.
 */
export async function inventoryOfApp(app: string, exportName?: string): Promise<readonly InventoryEntry[]> {
  if (app === '-') return readInventory('standard input', (await readStandardInput()).toString('utf8'))
  if (app.endsWith('.json')) return readInventory(app, readNamedFile(app))
  const path = resolve(app)
  if (!existsSync(path)) throw new NoVerdict(`${app} is not there`)
  const told = await askChild(path, exportName)
  if ('problem' in told) throw new NoVerdict(`${app}: ${told.problem}`)
  return told.entries
}

/** The routes of an application that have no access word, also where it does not start for them. */
export async function undeclaredRoutesOf(
  app: string,
  exportName?: string,
): Promise<readonly InventoryEntry[]> {
  const path = resolve(app)
  if (!existsSync(path)) throw new NoVerdict(`${app} is not there`)
  const told = await askChild(path, exportName)
  if ('entries' in told) return told.entries.filter(({ access }) => access === 'undeclared')
  if (told.undeclared !== undefined) return told.undeclared
  throw new NoVerdict(`${app}: ${told.problem}`)
}

function askChild(path: string, exportName: string | undefined): Promise<ChildMessage> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(CHILD), [path, ...(exportName === undefined ? [] : [exportName])], {
      // What the application prints must not mix with the list.
      stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
      execArgv: [],
    })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new NoVerdict(`the application did not tell its routes within ${LIMIT_MILLISECONDS / 1000} s`))
    }, LIMIT_MILLISECONDS)
    child.once('message', (message) => {
      clearTimeout(timer)
      resolve(message as ChildMessage)
      child.kill('SIGKILL')
    })
    child.once('exit', (status, signal) => {
      clearTimeout(timer)
      reject(new NoVerdict(`the application ended (${signal ?? status}) before it told its routes`))
    })
  })
}
