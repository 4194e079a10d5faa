import { readFileSync, writeFileSync } from 'node:fs'
import { printable } from '../base/printable.ts'
import { isJsonObject } from '../base/strict-json.ts'
import type { AccessData, InventoryEntry, RequirementData } from '../model/inventory.ts'
import { type ChangeKind, compareInventories } from '../model/inventory-change.ts'
import { NoVerdict } from './no-verdict.ts'
import { type OutputOptions, print, printJson } from './output.ts'

/** Writes the list to keep: one line a route, in an order of its own, so that a review sees what changed. */
export function writeLock(file: string, entries: readonly InventoryEntry[], { json }: OutputOptions): void {
  const lines = [...entries]
    .sort((one, other) => compare(one.path, other.path) || compare(one.method, other.method))
    .map(({ method, path, access }) => `    ${JSON.stringify({ method, path, access })}`)
  writeFileSync(file, `{\n  "routes": [\n${lines.join(',\n')}\n  ]\n}\n`)
  if (json) printJson({ file, routes: entries.length })
  else print(`wrote ${entries.length} routes to ${file}`)
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1
}

const WORDS: Readonly<Record<ChangeKind, string>> = {
  opened: 'OPEN TO ANYONE',
  weakened: 'weaker',
  undeclared: 'without a word',
  gone: 'gone',
  new: 'new',
  strengthened: 'stronger',
}

/** Compares with the list that was kept; says each difference, and sets status 1 if there is one. */
export function checkLock(file: string, entries: readonly InventoryEntry[], { json }: OutputOptions): void {
  const changes = compareInventories(readInventory(file, readKept(file)), entries)
  if (changes.length > 0) process.exitCode = 1
  if (json) {
    const items = changes.map(({ kind, entry: { method, path, access }, words }) => ({
      change: kind,
      method,
      path,
      access,
      words,
    }))
    printJson({ file, routes: entries.length, items })
    return
  }
  if (changes.length === 0) {
    print(`${entries.length} routes, as in ${file}`)
    return
  }
  const width = Math.max(...changes.map(({ kind }) => WORDS[kind].length))
  for (const { kind, entry, words } of changes) {
    print(printable(`${WORDS[kind].padEnd(width)}  ${entry.method} ${entry.path} ${words}`))
  }
  print(`\nIf that is meant, write the list anew (--write) and have the change of ${file} reviewed.`)
}

function readKept(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new NoVerdict(`${file} is not there yet: --write makes it`)
  }
}

/** A list of routes as it is kept, or as `--json` prints it. */
export function readInventory(name: string, text: string): InventoryEntry[] {
  const value = parse(text)
  const list = isJsonObject(value) ? (value.routes ?? value.items) : value
  if (!Array.isArray(list)) throw new NoVerdict(`${name} holds no list of routes`)
  return list.map((entry) => {
    const { method, path, access } = isJsonObject(entry) ? entry : {}
    if (typeof method !== 'string' || typeof path !== 'string' || path === '' || !isAccess(access)) {
      throw new NoVerdict(`${name}: ${JSON.stringify(entry).slice(0, 100)} is no route`)
    }
    return { method, path, access }
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isAccess(value: unknown): value is AccessData {
  if (value === 'anyone' || value === 'signedIn' || value === 'undeclared') return true
  return isJsonObject(value) && isRequirement(value.needs)
}

function isRequirement(value: unknown): value is RequirementData {
  if (!isJsonObject(value)) return false
  return Object.entries(value).every(([name, part]) => {
    if (name === 'if' || name === 'secondFactor') return part === true
    if (name === 'freshWithinSeconds') return Number.isSafeInteger(part)
    const isList = name === 'scopes' || name === 'roles' || name === 'via'
    return isList && Array.isArray(part) && part.every((one) => typeof one === 'string')
  })
}
