import { inspectToken } from './inspected-token.ts'
import { readNamedFile, readStandardInput } from './named-file.ts'
import { type OutputOptions, print, printFacts, printJson } from './output.ts'

interface InspectOptions extends OutputOptions {
  readonly file?: string
}

/** A token comes from a file or from standard input: arguments stay in the history of the shell. */
export async function inspectCommand({ file, json }: InspectOptions): Promise<void> {
  const given = file === undefined ? (await readStandardInput()).toString('utf8') : readNamedFile(file)
  const inspected = inspectToken(given.trim(), Date.now())
  if (json) {
    printJson(inspected)
    return
  }
  const { kind, header, claims, times } = inspected
  print(`${kind}; NOT PROVEN: nobody has checked its signature, and anybody can write such claims`)
  print('\nheader')
  printFacts(inWords(header), {})
  print('\nclaims')
  printFacts(inWords(claims, times), {})
}

function inWords(members: Readonly<Record<string, unknown>>, times: Readonly<Record<string, string>> = {}) {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => {
      const shown = typeof value === 'object' ? JSON.stringify(value) : String(value)
      return [name, Object.hasOwn(times, name) ? `${shown}  (${times[name]})` : shown]
    }),
  )
}
