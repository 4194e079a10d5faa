import type { Auth } from '../auth.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { ImportedAccount } from '../login/accounts.ts'
import { loginKey } from '../model/account-name.ts'
import { createProgress } from './import/progress.ts'
import { type NumberedRow, readRows } from './import/read-rows.ts'
import { type FirebaseParameters, readUserRow } from './import/user-row.ts'
import { readNamedFile } from './named-file.ts'
import { type OutputOptions, printFacts } from './output.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

interface ImportOptions extends OutputOptions {
  readonly dryRun?: boolean
  readonly from?: number
  readonly firebase?: string
}

/** So many are on their way to the database at once: they share commits. */
const AT_ONCE = 200
const MOST_TOLD = 20

type Outcome = 'imported' | 'there already' | { readonly refused: string }

export interface ImportCounts {
  readonly imported: number
  readonly 'there already': number
  readonly refused: number
}

export async function importUsers(path: string, { json = false, ...options }: ImportOptions): Promise<void> {
  const counts = await withAuth((auth) => importInto(auth, path, options, process.stderr))
  const { imported, ...others } = counts
  const facts = options.dryRun ? { 'would be imported': imported, ...others } : { imported, ...others }
  printFacts(facts, { json })
  if (counts.refused > 0) process.exitCode = 1
}

/**
 * Takes in the users of a file. Whoever is there already is left as they are, so to run it again goes on where it was
 * cut off. Nothing of a row is written out but its number and what is wrong with it.
 */
export async function importInto(
  auth: Auth,
  path: string,
  { dryRun = false, from = 1, firebase }: Omit<ImportOptions, 'json'>,
  out: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>,
): Promise<ImportCounts> {
  const parameters = firebase === undefined ? undefined : readParameters(firebase)
  const counts = { imported: 0, 'there already': 0, refused: 0 }
  const taken = new Set<string>()
  const progress = createProgress(out)
  const note = (number: number, outcome: Outcome): void => {
    if (typeof outcome === 'string') {
      counts[outcome] += 1
      return
    }
    counts.refused += 1
    if (counts.refused > MOST_TOLD) return
    progress.end()
    out.write(`${number}: ${outcome.refused}\n`)
  }
  const take = async ({ number, row }: NumberedRow): Promise<void> => {
    if (row === undefined) return note(number, { refused: 'is no JSON object' })
    const account = readUserRow(row, parameters)
    note(number, await (dryRun ? check(auth, account, taken) : store(auth, account)))
  }

  let batch: NumberedRow[] = []
  let seen = 0
  for await (const numbered of readRows(path)) {
    if (numbered.number < from) continue
    batch.push(numbered)
    seen += 1
    if (batch.length < AT_ONCE) continue
    await Promise.all(batch.map(take))
    batch = []
    progress.show(numbered.done, seen)
  }
  await Promise.all(batch.map(take))
  progress.end()
  if (counts.refused > MOST_TOLD) out.write(`… and ${counts.refused - MOST_TOLD} more\n`)
  return counts
}

async function store(auth: Auth, account: ImportedAccount): Promise<Outcome> {
  try {
    await auth.users.import(account, OPERATOR)
    return 'imported'
  } catch (error) {
    return outcomeOf(error)
  }
}

/** With `taken`, the names of the rows before, which a dry run does not write down. */
async function check(auth: Auth, account: ImportedAccount, taken: Set<string>): Promise<Outcome> {
  try {
    await auth.users.checkImport(account)
    const isTaken = async (name: string) => {
      const isKnown = (await auth.users.findByLogin(name)) !== undefined
      const key = loginKey(name)
      return isKnown || taken.has(key) || !taken.add(key)
    }
    if (await isTaken(account.email)) return 'there already'
    if (account.username === undefined || !(await isTaken(account.username))) return 'imported'
    return { refused: 'username: Is taken.' }
  } catch (error) {
    return outcomeOf(error)
  }
}

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof AuthError)) throw error
  const { code, refusal } = error
  const fields = refusal.fields ?? []
  if (code === 'ACCOUNT_NAME_TAKEN' && fields.some(({ field }) => field === 'email')) return 'there already'
  if (code !== 'REQUEST_INVALID' && code !== 'ACCOUNT_NAME_TAKEN') throw error
  return { refused: fields.map(({ field, message }) => `${field}: ${message}`).join(' ') }
}

/** From a file, for the signer key is a secret: as Firebase shows it, or as JSON. */
function readParameters(path: string): FirebaseParameters {
  const text = readNamedFile(path)
  const parameterOf = (...names: readonly string[]): string => {
    const [, value] =
      new RegExp(`["']?(?:${names.join('|')})["']?\\s*:\\s*["']?([\\w+/=-]+)`).exec(text) ?? []
    if (value === undefined) throw new Error(`--firebase: the file has no ${names[0]}`)
    return value
  }
  return {
    signerKey: parameterOf('base64_signer_key', 'signerKey'),
    saltSeparator: parameterOf('base64_salt_separator', 'saltSeparator'),
    rounds: Number(parameterOf('rounds')),
    memoryCost: Number(parameterOf('mem_cost', 'memCost')),
  }
}
