import { loadOptional } from '../base/optional-package.ts'
import { isJsonObject, type JsonObject } from '../base/strict-json.ts'

/** References to one part of a document: as many as people write, and too few to blow it up. */
const MOST_ALIASES = 1000

const YAML = { merge: true, maxAliasCount: MOST_ALIASES, logLevel: 'error' } as const

const loadYaml = () => loadOptional('yaml', 'a document in YAML', () => import('yaml'))

/** The object that a text holds as JSON; undefined for every other text. */
export function readJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * The object that a text holds as JSON or YAML 1.2, with merge keys; undefined for a text that holds none. A key that
 * stands twice, or too many references, are no document: what is read of it could be something else than what was meant.
 * Rejects with a MissingPackageError where it is not JSON and the package is not installed.
 */
export async function readDocument(text: string): Promise<JsonObject | undefined> {
  const json = readJsonObject(text)
  if (json !== undefined) return json
  const { parse } = await loadYaml()
  try {
    const value: unknown = parse(text, YAML)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * What a text says in YAML 1.2, read like the documents above. Throws an Error with what is wrong and where, without the
 * text around it, and a MissingPackageError where the package is not installed.
 */
export async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await loadYaml()
  try {
    return parse(text, YAML)
  } catch (error) {
    const [said = ''] = error instanceof Error ? error.message.split('\n') : []
    throw new Error(`is no YAML: ${said.replace(/:$/, '')}`)
  }
}

/** The same, as it is written. */
export async function writeYaml(value: unknown): Promise<string> {
  return (await loadYaml()).stringify(value)
}
