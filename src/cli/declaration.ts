import { isUtf8 } from 'node:buffer'
import { writeFileSync } from 'node:fs'
import type { Auth } from '../auth.ts'
import { MissingPackageError } from '../base/optional-package.ts'
import { printable } from '../base/printable.ts'
import { parseStrictJson } from '../base/strict-json.ts'
import type { DeclarationPlan, DeclaredChange } from '../declaration/plan.ts'
import { confirmed } from './confirmation.ts'
import { parseYaml, writeYaml } from './document.ts'
import { readNamedBytes, readStandardInput } from './named-file.ts'
import { counted, type OutputOptions, print, printJson, printTable } from './output.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

interface ApplyOptions extends OutputOptions {
  readonly prune?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** Of a dry run that found something to change: 0 is that the file is what there is, 1 that something failed. */
const SOMETHING_TO_CHANGE = 3

/** Shows what the file would change, and changes it once somebody agrees: all of it, or nothing. */
export async function applyFile(path: string, options: ApplyOptions): Promise<void> {
  const document = await readDocument(path)
  await withAuth(async (auth) => {
    const { prune, dryRun = false, yes, json } = options
    const plan = await auth.declarations.plan(document, { prune })
    const { changes, left } = plan
    if (!json) printPlan(plan)
    if (dryRun || changes.length === 0) {
      if (json) printJson({ changes, left, applied: false, secrets: {} })
      if (changes.length > 0) process.exitCode = SOMETHING_TO_CHANGE
      return
    }
    await confirmed(consequencesOf(changes), yes)
    const { secrets } = await auth.declarations.apply(plan, OPERATOR)
    if (json) printJson({ changes, left, applied: true, secrets })
    else printSecrets(secrets)
  })
}

/** Writes what there is as a file that `apply` takes: to standard output where no path is named. */
export async function exportFile(path: string | undefined): Promise<void> {
  const declaration = await withAuth((auth: Auth) => auth.declarations.read())
  if (path === undefined) {
    printJson(declaration)
    return
  }
  const text = isYaml(path) ? await writeYaml(declaration) : `${JSON.stringify(declaration, undefined, 2)}\n`
  writeFileSync(path, text)
  const count = (part: object = {}, one: string) => counted(Object.keys(part).length, one)
  const { scopes, roles, clients } = declaration
  print(
    `${count(scopes, 'scope')}, ${count(roles, 'role')} and ${count(clients, 'client')} written; no secret is among them`,
  )
}

const FAULTS = {
  not_json: 'is no JSON object in UTF-8',
  member_twice: 'has two members of one name in one object: take one out',
  too_deep: 'has more levels than any such file needs',
} as const

const isYaml = (path: string) => /\.ya?ml$/i.test(path)

/** YAML by the name of the file, else JSON. */
async function readDocument(path: string): Promise<unknown> {
  const bytes = await bytesOf(path)
  if (isYaml(path)) {
    if (!isUtf8(bytes)) throw new Error(`${path} is no UTF-8`)
    return parseYaml(bytes.toString('utf8')).catch((error: Error) => {
      throw error instanceof MissingPackageError ? error : new Error(`${path} ${error.message}`)
    })
  }
  const parsed = parseStrictJson(bytes)
  if (typeof parsed !== 'string') return parsed
  throw new Error(`${path} ${FAULTS[parsed]}${parsed === 'not_json' ? whereIn(bytes.toString('utf8')) : ''}`)
}

/** What cannot be read has failed here: status 2 would be taken for a mistake in the command, 3 is what a dry run found. */
async function bytesOf(path: string): Promise<Buffer> {
  try {
    return path === '-' ? await readStandardInput() : readNamedBytes(path)
  } catch (error) {
    throw new Error(error instanceof Error ? error.message : `${path} cannot be read`)
  }
}

/** What the parser says of the place, without the text around it. */
function whereIn(text: string): string {
  try {
    JSON.parse(text)
    return ''
  } catch (error) {
    const at = /at position (\d+)/.exec(String(error))?.[1]
    if (at === undefined) return ''
    const lines = text.slice(0, Number(at)).split('\n')
    return `: line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`
  }
}

const SIGNS = { create: '+', change: '~', remove: '-' } as const

function printPlan({ changes, left }: DeclarationPlan): void {
  const rows = changes.flatMap(({ action, kind, name, members }) => {
    const head = { '': SIGNS[action], what: `${kind} ${name}` }
    if (members.length === 0) return [{ ...head, member: '', before: '', after: '' }]
    return members.map(({ member, from, to }, index) => ({
      ...(index === 0 ? head : { '': '', what: '' }),
      member,
      before: shown(from),
      after: shown(to),
    }))
  })
  printTable(rows, {}, 'nothing to change')
  if (left.length > 0) {
    const names = left.map(({ kind, name }) => `${kind} ${name}`).join(', ')
    print(`\nnot in the file and left alone (--prune removes them): ${printable(names)}`)
  }
}

function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return '–'
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.join(' ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function consequencesOf(changes: readonly DeclaredChange[]): string {
  const count = (action: DeclaredChange['action']) =>
    changes.filter((change) => change.action === action).length
  const counts = `${count('create')} to make, ${count('change')} to change, ${count('remove')} to remove`
  const ends = changes.some(({ action }) => action !== 'create')
    ? ' What a client or a role loses ends the access tokens that say otherwise; a client that is removed loses its sessions.'
    : ''
  return `${counts}.${ends}`
}

function printSecrets(secrets: Readonly<Record<string, string>>): void {
  print('\ndone')
  const rows = Object.entries(secrets).map(([client, secret]) => ({ client, secret }))
  if (rows.length === 0) return
  print('\nshown this once:\n')
  printTable(rows, {}, '')
}
